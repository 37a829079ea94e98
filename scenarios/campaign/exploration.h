// How a campaign chooses the answers of its runs to the choice source.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "core/base/describe.h"
#include "sim/engine/choice_source.h"

namespace aivm::scenarios {

enum class Exploration : std::uint8_t {
    kUniform,        // each answer by its probability
    kPct,            // the messages of senders with low priorities are late (PctChoices)
    kDelayBounding,  // a few messages are late, and no other (DelayBoundingChoices)
    kBranching,      // uniform, and from rare states on in several ways (Branches)
};
constexpr auto enum_words(Exploration) {
    return std::to_array<std::string_view>({"uniform", "pct", "delay_bounding", "branching"});
}

// The source for a run of this seed; a branching run gets its trunk.
std::unique_ptr<sim::ChoiceSource> make_source(Exploration exploration, std::uint64_t seed);

}  // namespace aivm::scenarios
