#include "scenarios/cli/run_spec.h"

#include <fmt/format.h>

#include <filesystem>

#include "scenarios/campaign/finding_source.h"
#include "scenarios/cli/loading.h"
#include "scenarios/cli/terminal.h"
#include "sim/engine/seed.h"

namespace aivm::scenarios::cli {

std::optional<RunSpec> read_run_spec(const std::string& text) {
    std::error_code ignored;
    if (std::filesystem::is_directory(text, ignored)) {
        auto source = read_finding_source(text);
        if (source) return RunSpec{std::move(source->plan), false, source->paranoid};
        complain(source.error().context);
        return std::nullopt;
    }
    const std::size_t at = text.rfind('@');
    const auto given = load_given(text.substr(0, at), {});
    if (!given) return std::nullopt;
    RunSpec out;
    out.plan.scenario = given->loaded.scenario;
    if (given->loaded.recorded) {
        out.plan.seed = given->loaded.recorded->seed;
        out.plan.choices = given->loaded.recorded->choices;
        out.draws = !given->loaded.recorded->has_choices;
    }
    if (at == std::string::npos) return out;
    const auto seed = sim::seed_from_text(text.substr(at + 1));
    if (!seed) {
        complain(fmt::format("{}: {}", text, seed.error().context));
        return std::nullopt;
    }
    out.plan.seed = *seed;
    out.plan.choices.clear();
    out.draws = true;
    return out;
}

}  // namespace aivm::scenarios::cli
