// Describes a run in the words of the domain: participants, work, faults, and random choices.
#pragma once

#include <string>
#include <vector>

#include "sim/engine/choice_source.h"
#include "sim/scenario/directory.h"
#include "sim/scenario/scenario.h"

namespace aivm::scenarios {

// "partition of AP from 5m to 7m"
std::string fault_words(const sim::FaultPlan& fault);

// "message 123 of validator[3] is lost"; messages of an actor are counted from 1.
std::string choice_words(const sim::ChoiceAnswer& choice, const sim::Directory& directory);

// One sentence for each group, one for the work, then one for every fault and every choice.
std::vector<std::string> run_words(const sim::Scenario& scenario, const sim::ChoiceList& choices,
                                   const sim::Directory& directory);

// The parts that shrinking can remove one by one: identities of the listed groups, tasks, faults
// and choices.
std::size_t run_action_count(const sim::Scenario& scenario, const sim::ChoiceList& choices);

}  // namespace aivm::scenarios
