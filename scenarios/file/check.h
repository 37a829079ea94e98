// What no single key can tell: whether the values of a scenario go together.
#pragma once

#include <string>
#include <vector>

#include "scenarios/file/diagnostic.h"
#include "sim/scenario/scenario.h"

namespace aivm::scenarios {

struct Finding {
    Severity severity = Severity::kError;
    // dotted, the one most likely to be changed first: "vm.redundancy_factor"
    std::vector<std::string> keys;
    std::string message;
    std::string mend;
};

// Dotted keys of the repeated tables: "provider.lazy.count" (by the group's name), "fault.0.at" (by
// position).
std::string group_key(const sim::ActorGroup& group, std::string_view key);
std::string fault_key(std::size_t index, std::string_view key);

// Errors, which make a scenario unusable, and notes, which say what will be done instead. Empty
// when all is well. Every field must be within the range of its row. Strategies and their
// parameters are not looked at: who runs the scenario knows them.
std::vector<Finding> check_scenario(const sim::Scenario& scenario);

}  // namespace aivm::scenarios
