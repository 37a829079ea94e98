// A finished poll as an engine that polls counted it, for observers that count it again.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/bytes.h"
#include "sim/consensus/message.h"

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

    RequestId id = 0;
    std::vector<std::uint32_t> asked;  // validators, as often as they were drawn
    std::vector<Vote> votes;           // answers that count for no block are left out
    std::vector<Support> support;
};

// The same of a DAG, where an answer endorses several vertices and all their ancestors.
struct VertexPollRecord {
    struct Answer {
        std::uint32_t from = 0;   // the validator
        std::uint32_t times = 0;  // it was drawn, and counts as often
        // The undecided vertices that it endorses here; their undecided ancestors are not named.
        std::vector<Hash32> endorsed;
    };

    RequestId id = 0;
    std::vector<std::uint32_t> asked;  // validators, as often as they were drawn
    std::vector<Answer> answers;
    std::vector<PollRecord::Support> support;  // of the vertices that have any
};

}  // namespace aivm::sim
