#include "scenarios/campaign/finding_source.h"

#include <fmt/format.h>

#include <filesystem>

#include "core/kernels/kernels.h"
#include "scenarios/campaign/finding_folder.h"
#include "scenarios/file/load.h"
#include "scenarios/run/run.h"

namespace aivm::scenarios {
namespace {

namespace fs = std::filesystem;

Result<FindingSource> source_of_file(const std::string& path, const std::string& text) {
    auto loaded = text.empty() ? load_scenario_file(path) : load_scenario_text(text, path);
    if (!loaded) return fail(ErrorCode::kConfig, to_text(loaded.error()));
    if (!loaded->recorded) {
        return fail(ErrorCode::kInvalidArgument,
                    fmt::format("{} records no run: it has no [recorded] table; name a finding's "
                                "folder, or a file that aivmsim shrink wrote",
                                path));
    }
    FindingSource out;
    out.plan = {std::move(loaded->scenario), loaded->recorded->seed,
                std::move(loaded->recorded->choices)};
    if (!loaded->recorded->has_choices) {
        RunOptions options;
        options.seed = out.plan.seed;
        options.paranoid = loaded->recorded->paranoid;
        AIVM_ASSIGN(const sim::Outcome outcome, run_scenario(out.plan.scenario, options));
        out.plan.choices = outcome.choices;
    }
    out.violation.invariant = loaded->recorded->violates;
    out.paranoid = loaded->recorded->paranoid;
    out.digest = loaded->recorded->digest;
    out.program = loaded->recorded->program;
    out.reproducer_path = path;
    return out;
}

Result<RunPlan> whole_plan(const StoredFinding& stored) {
    const SavedFinding& finding = stored.finding;
    auto loaded = load_scenario_text(stored.files.scenario, finding.folder + "/scenario.toml");
    if (!loaded) return fail(ErrorCode::kConfig, to_text(loaded.error()));
    auto choices = sim::decode_choices(stored.files.choices);
    if (!choices) {
        return fail(choices.error().code,
                    fmt::format("{}/choices.bin: {}", finding.folder, choices.error().context));
    }
    return RunPlan{std::move(loaded->scenario), finding.seed, std::move(*choices)};
}

// The violation of the source's run; a file knows only its invariant.
Result<FindingSource> with_violation(FindingSource source) {
    AIVM_ASSIGN(const sim::Outcome outcome, repeat(source));
    const sim::Violation* violation = unexpected_violation(outcome, source.violation.invariant);
    if (violation == nullptr) {
        return fail(
            ErrorCode::kNotFound,
            fmt::format("{} was recorded as a violation of {} by aivmsim {}, and this "
                        "program does not see it",
                        source.reproducer_path, source.violation.invariant, source.program));
    }
    source.violation = *violation;
    return source;
}

}  // namespace

Result<sim::Outcome> repeat(const FindingSource& source) {
    Rerun rerun;
    rerun.paranoid = source.paranoid;
    return run_plan(source.plan, rerun, {});
}

Result<FindingSource> read_finding_source(const std::string& path) {
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) {
        AIVM_ASSIGN(FindingSource source, source_of_file(path, ""));
        return with_violation(std::move(source));
    }
    AIVM_ASSIGN(const StoredFinding stored, read_finding(path));
    FindingSource out;
    const std::string smaller = (fs::path(path) / kReproducerName).string();
    if (fs::exists(smaller, ignored)) {
        AIVM_ASSIGN(out, source_of_file(smaller, ""));
    } else if (!stored.files.shrunk.empty()) {
        AIVM_ASSIGN(out, source_of_file(path + "/shrunk.toml", stored.files.shrunk));
    } else {
        AIVM_ASSIGN(out.plan, whole_plan(stored));
        out.violation = stored.finding.violation;
        out.digest = stored.finding.digest;
    }
    out.from_folder = true;
    out.paranoid = stored.finding.paranoid;
    out.reproducer_path = smaller;
    out.violation.invariant = stored.finding.violation.invariant;
    if (out.violation.message.empty()) return with_violation(std::move(out));
    return out;
}

}  // namespace aivm::scenarios
