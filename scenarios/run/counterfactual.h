// What an owner that breaks the protocol would have had with honest play under the same seed.
//
// The honest run has the same participants in the same order with the same money; the groups of one
// owner have the strategy "honest" of their role, or "absent" for requesters that are there only to
// attack (StrategyRow::only_attacks); an owner that splits is one identity with all its money
// (StrategyRow::splits); and what that owner pays for censorship is not bought.
// All others play as before. Payoffs are net payoffs plus the value of lies that did harm, less
// harm to the owner itself (sim::PayoffRow::total_nlux).
#pragma once

#include <vector>

#include "scenarios/run/run.h"
#include "sim/scenario/participants.h"

namespace aivm::scenarios {

// The owners of a setting, in the order of its groups.
std::vector<sim::Owner> owners_of(const sim::Setting& setting);

// The scenario in which this owner keeps to the protocol.
sim::Scenario with_honest(const sim::Scenario& scenario, const sim::Owner& owner);

// One row per owner that breaks the protocol, in the order of the scenario's groups; none if the
// run, or a run to compare it with, did not end by itself. `owners` are those of the scenario, and
// `outcome` is that of its run with these options, with its results. Errors: a setting that cannot
// be made.
Result<std::vector<sim::CounterfactualRow>> compare_with_honest(
    const sim::Scenario& scenario, const std::vector<sim::Owner>& owners, const RunOptions& options,
    const sim::Outcome& outcome);

}  // namespace aivm::scenarios
