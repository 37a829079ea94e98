// Whose turn it is to propose: a stake-weighted round robin, the same on every node.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/consensus/consensus.h"

namespace aivm::sim {

class ProposerRotation {
public:
    // Validators without stake never have a turn. Requires that some stake is above zero.
    explicit ProposerRotation(std::span<const std::uint64_t> stakes);

    // The turns go on from height to height, and each further round of a height takes the next.
    [[nodiscard]] VoterIndex proposer(Height height, std::uint32_t round) const {
        return turns_[(height + round) % turns_.size()];
    }

private:
    std::vector<VoterIndex> turns_;  // a whole cycle
};

}  // namespace aivm::sim
