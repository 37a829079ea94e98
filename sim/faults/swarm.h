// Swarm testing: faults that are drawn from the seed. Each kind of fault is present in a run with a
// probability, and then some faults of that kind hit validators, each with a time, a duration and a
// strength of its own; strengths and durations are log-uniform. So some runs have many kinds of
// faults and some few, and no kind hides another in all of them.
//
// Everything is asked of the choice source, so that it is recorded, replayed and shrunk: without
// the answers of a kind there is no fault of it.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "sim/engine/choice_source.h"
#include "sim/scenario/scenario.h"

namespace aivm::sim {

// Empty unless the scenario has a swarm. With the scheduled faults of the scenario they stay within
// the fault budget, unless it is run beyond that: those that begin first have it, and later ones
// lose targets, or are left out, where nothing is left of it.
std::vector<FaultPlan> draw_faults(const Scenario& scenario, const std::vector<Amount>& stakes,
                                   ChoiceSource& choices);

// Whether the swarm may draw this kind in the scenario.
bool draws_kind(const Scenario& scenario, FaultKind kind);

// The strategies of byzantine faults, one of which is drawn for each: those whose effect the engine
// of the chain is to withstand. (scenarios/adversaries has them.)
std::span<const std::string_view> deviations_drawn(const ChainSettings& chain);

}  // namespace aivm::sim
