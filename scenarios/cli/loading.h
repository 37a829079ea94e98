// A scenario as the command line gives it: file or catalogue name, environment, --set.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/file/load.h"
#include "scenarios/file/override.h"

namespace aivm::scenarios::cli {

struct ScenarioGiven {
    LoadedScenario loaded;
    std::vector<Override> overrides;  // those of AIVMSIM_* first, then those of --set
};

// Nothing when it cannot be used; stderr has been told why, all errors at once.
std::optional<ScenarioGiven> load_given(const std::string& scenario,
                                        const std::vector<std::string>& assignments);

// The variables of this process, "NAME=value".
std::vector<std::string> environment();

}  // namespace aivm::scenarios::cli
