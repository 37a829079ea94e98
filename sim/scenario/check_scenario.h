// The rules about a scenario as a whole: whether its values go together, and whether this version
// can run it. They stand here only; the file reader attaches places in a file to what they report,
// and a world refuses to be built on what they refuse.
#pragma once

#include <string>
#include <vector>

#include "core/base/error.h"
#include "sim/scenario/scenario.h"

namespace aivm::sim {

enum class ProblemKind : std::uint8_t {
    kError,       // the scenario cannot be meant like this
    kUnrunnable,  // an error that no world can be built on
    kNote,        // what will be done instead
};

struct ScenarioProblem {
    ProblemKind kind = ProblemKind::kError;
    // Dotted keys, the one most likely to be changed first: "vm.redundancy_factor".
    std::vector<std::string> keys;
    std::string message;
    std::string remedy;
    // Where `message` names something unknown: the word, and the words that would be known. There
    // is no remedy then, but the nearest of them.
    std::string unknown = {};
    std::vector<std::string> known = {};
};

// What the profiles of a setting say about its validators, for rules about sides of a partition and
// about the fault budget.
struct RegionMap {
    std::string profile;  // the latency profile's name
    std::vector<std::string> names;
    std::vector<std::uint32_t> validator_regions;  // indexes into names
    std::vector<Amount> stakes;                    // of the validators; empty: unknown
};

// Dotted keys of the repeated tables: "provider.lazy.count" (by the group's name), "fault.0.at" and
// "link.0.loss" (by position).
std::string group_key(const ActorGroup& group, std::string_view key);
std::string fault_key(std::size_t index, std::string_view key);
std::string link_key(std::size_t index, std::string_view key);

// All problems, in a fixed order; empty when there are none. Every field must be within the range
// of its key. Strategies and their parameters are not checked. Without `regions`, rules about
// regions are left out.
std::vector<ScenarioProblem> check_scenario(const Scenario& scenario,
                                            const RegionMap* regions = nullptr);

// The first problem that makes the scenario impossible to run, as an error.
Status check_runnable(const Scenario& scenario);

}  // namespace aivm::sim
