// Writes a scenario as text.
#pragma once

#include <string>

#include "scenarios/file/load.h"
#include "sim/scenario/scenario.h"

namespace aivm::scenarios {

// Every key with its value, in the order of the field table, as TOML. Loading it returns the same
// scenario, with the groups in the order of kRoles (the order within a role is kept). Equal
// scenarios print the same bytes.
std::string canonical_text(const sim::Scenario& scenario);

// Only the keys whose values are not the default; loading it returns the same scenario.
std::string compact_text(const sim::Scenario& scenario);

// One line per key: its value and its origin ("default", "quickstart.toml:12", "--set ...").
std::string show_config(const LoadedScenario& loaded);

}  // namespace aivm::scenarios
