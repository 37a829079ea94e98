// Loads the scenario of a command: file or catalogue name, environment, --set.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/file/load.h"
#include "scenarios/file/override.h"

namespace aivm::scenarios::cli {

struct ScenarioGiven {
    LoadedScenario loaded;
    std::vector<Override> overrides;  // from AIVMSIM_* first, then from --set
};

// Empty if the scenario cannot be used; all errors have been written to stderr.
std::optional<ScenarioGiven> load_given(const std::string& scenario,
                                        const std::vector<std::string>& assignments);

// The environment variables of this process, as "NAME=value".
std::vector<std::string> environment();

}  // namespace aivm::scenarios::cli
