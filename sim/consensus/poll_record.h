// A finished poll as an engine that polls counted it, for observers that count it again.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/bytes.h"

namespace aivm::sim {

struct PollRecord {
    // One answer as it was counted: for this undecided block and all its undecided ancestors.
    struct Vote {
        std::uint32_t from = 0;  // the validator
        Hash32 block;
    };
    // The votes that the engine counted for one undecided block and its descendants.
    struct Support {
        Hash32 block;
        std::uint32_t votes = 0;
    };

    std::vector<std::uint32_t> asked;  // validators, as often as they were drawn
    std::vector<Vote> votes;           // answers that count for no block are left out
    std::vector<Support> support;
};

}  // namespace aivm::sim
