// The rules about strategies as problems of a scenario, so that they are reported at their places
// together with everything else that is wrong with a file.
#pragma once

#include <vector>

#include "sim/scenario/check_scenario.h"

namespace aivm::scenarios::cli {

// What check_strategies() and check_deviations() find. A strategy that its role does not have is
// answered with the nearest name or, if none is near, with all of them.
std::vector<sim::ScenarioProblem> strategy_problems(const sim::Scenario& scenario);

}  // namespace aivm::scenarios::cli
