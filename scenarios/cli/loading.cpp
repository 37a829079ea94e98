#include "scenarios/cli/loading.h"

#include <fmt/format.h>
#include <unistd.h>

#include "scenarios/adversaries/check_strategies.h"
#include "scenarios/cli/catalog.h"
#include "scenarios/cli/terminal.h"

namespace aivm::scenarios::cli {

std::vector<std::string> environment() {
    std::vector<std::string> out;
    for (char** entry = environ; *entry != nullptr; ++entry) out.emplace_back(*entry);
    return out;
}

std::optional<ScenarioGiven> load_given(const std::string& scenario,
                                        const std::vector<std::string>& assignments) {
    if (const std::string unknown = unknown_scenario(scenario); !unknown.empty()) {
        complain(unknown);
        return std::nullopt;
    }
    std::vector<Override> overrides = environment_overrides(environment());
    bool readable = true;
    for (const std::string& assignment : assignments) {
        auto parsed = parse_override(assignment);
        if (parsed) {
            overrides.push_back(std::move(*parsed));
        } else {
            complain(fmt::format("--set {}: {}; {}", assignment, parsed.error().message,
                                 parsed.error().remedy));
            readable = false;
        }
    }
    if (!readable) return std::nullopt;
    auto loaded = load_scenario_file(scenario_path(scenario), overrides, check_strategies);
    if (!loaded) {
        say(to_text(loaded.error()));
        return std::nullopt;
    }
    return ScenarioGiven{std::move(*loaded), std::move(overrides)};
}

}  // namespace aivm::scenarios::cli
