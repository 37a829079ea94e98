// Keys of earlier versions of scenario files, and what replaced them.
#pragma once

#include <string_view>

namespace aivm::scenarios {

struct RetiredKey {
    std::string_view key;  // with its section
    std::string_view remedy;
};

inline constexpr RetiredKey kRetiredKeys[] = {
    {"vm.count_open_challenges",
     "it is now vm.challenge_escalation: \"per_open\" where it was true, \"per_lost\" where it was "
     "false; the default is \"none\""},
    {"vm.max_assignments",
     "it is now vm.reassignments_max, which does not count the first assignment: one less; the "
     "default is 3"},
    {"chain.poll_timeout",
     "time-outs adapt to the latency now, between chain.poll_timeout_min and "
     "chain.poll_timeout_max; set both to the same time for a fixed one"},
};

// What replaced the key, which may be given without its section; empty for a key that never
// existed.
constexpr std::string_view remedy_for_retired(std::string_view key) {
    for (const RetiredKey& one : kRetiredKeys) {
        const bool bare =
            one.key.ends_with(key) && one.key.find('.') + 1 + key.size() == one.key.size();
        if (one.key == key || bare) return one.remedy;
    }
    return {};
}

}  // namespace aivm::scenarios
