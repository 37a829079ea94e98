// Checks that the values of a scenario are consistent with each other: the rules of
// sim/scenario/check_scenario.h, and those about the profiles that it names.
#pragma once

#include <vector>

#include "sim/scenario/check_scenario.h"
#include "sim/scenario/scenario.h"

namespace aivm::scenarios {

using sim::fault_key;
using sim::group_key;
using sim::link_key;

constexpr bool is_note(const sim::ScenarioProblem& problem) {
    return problem.kind == sim::ProblemKind::kNote;
}

// Errors, which make a scenario unusable, and notes, which say what will be done instead. Empty
// when there are none. Every field must be within the range of its row. Strategies and their
// parameters are not checked: they belong to the caller's strategy table. Every error has a remedy.
std::vector<sim::ScenarioProblem> check_with_profiles(const sim::Scenario& scenario);

}  // namespace aivm::scenarios
