// The rules about the strategies that a scenario names: whether they exist, and whether their
// parameters and the scenario suit them. What breaks a rule is a problem of the scenario like any
// other, reported at its own key.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario/check_scenario.h"
#include "sim/scenario/scenario.h"

namespace aivm::scenarios {

// Everything wrong with the strategies of the scenario's groups and of its byzantine faults; empty
// when there is nothing. An unknown name is answered with the nearest one or, if none is near, with
// all of them.
std::vector<sim::ScenarioProblem> check_strategies(const sim::Scenario& scenario);

// The part of it about one group that no other key of the scenario decides: its strategy is one of
// its role, and its parameters are known and in range.
std::vector<sim::ScenarioProblem> check_strategy_of(const sim::ActorGroup& group);

// The part of it about byzantine faults.
std::vector<sim::ScenarioProblem> check_deviations(const sim::Scenario& scenario);

// The problem in one line, for where no file shows its place: "provider.lazy.strategy: no provider
// strategy is called "lazy"; did you mean "lazy_guess"?".
std::string problem_text(const sim::ScenarioProblem& problem);

}  // namespace aivm::scenarios
