// The round, or view, that each validator is known to have reached.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "sim/consensus/bft/quorum.h"
#include "sim/consensus/consensus.h"

namespace aivm::sim {

class ReachedRounds {
public:
    explicit ReachedRounds(std::size_t validators) : rounds_(validators, 0) {}

    void note(VoterIndex voter, std::uint32_t round) {
        if (voter < rounds_.size()) rounds_[voter] = std::max(rounds_[voter], round);
    }
    // The stake of those that have reached this round or a later one.
    [[nodiscard]] std::uint64_t stake_at(std::uint32_t round,
                                         std::span<const std::uint64_t> stakes) const {
        return stake_where(stakes, [&](std::size_t i) { return rounds_[i] >= round; });
    }
    // The highest round that validators with more than a third of the stake have reached, so that
    // an honest one is among them. 0 if there is none.
    [[nodiscard]] std::uint32_t reached_by_an_honest(std::span<const std::uint64_t> stakes) const;

private:
    std::vector<std::uint32_t> rounds_;  // by validator; 0: not heard of
};

}  // namespace aivm::sim
