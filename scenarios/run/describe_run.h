// What makes up a run, in the words of the domain: the participants, the work, the faults, and what
// chance decided.
#pragma once

#include <string>
#include <vector>

#include "sim/engine/choice_source.h"
#include "sim/scenario/participants.h"
#include "sim/scenario/scenario.h"

namespace aivm::scenarios {

// "partition of AP from 5m to 7m"
std::string describe(const sim::FaultPlan& fault);

// "message 123 of validator[3] is lost"; messages of an actor are counted from 1.
std::string describe(const sim::ChoiceAnswer& choice, const sim::Participants& participants);

// One sentence per group, one for the work, then one per fault and per choice.
std::vector<std::string> describe_run(const sim::Scenario& scenario, const sim::ChoiceList& choices,
                                      const sim::Participants& participants);

// The number of things that shrinking can take out one by one: identities of the listed groups,
// tasks, faults and choices.
std::size_t run_action_count(const sim::Scenario& scenario, const sim::ChoiceList& choices);

}  // namespace aivm::scenarios
