// Checks that the values of a scenario are consistent with each other.
#pragma once

#include <string>
#include <vector>

#include "scenarios/file/diagnostic.h"
#include "sim/scenario/scenario.h"

namespace aivm::scenarios {

struct Finding {
    Severity severity = Severity::kError;
    // dotted, the key that most likely needs the correction first: "vm.redundancy_factor"
    std::vector<std::string> keys;
    std::string message;
    std::string mend;
};

// Dotted keys of the repeated tables: "provider.lazy.count" (by the group's name), "fault.0.at" (by
// position).
std::string group_key(const sim::ActorGroup& group, std::string_view key);
std::string fault_key(std::size_t index, std::string_view key);

// Errors make a scenario unusable; notes say what will be done instead. Empty if there is nothing
// to report. Every field must be within the range of its row. Strategies and their parameters are
// checked by make_setting, not here.
std::vector<Finding> check_scenario(const sim::Scenario& scenario);

}  // namespace aivm::scenarios
