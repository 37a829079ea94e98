// Byzantine quorums of stake, for any total without overflow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace aivm::sim {

// The least stake that is strictly more than two thirds of `total`: floor(2 total / 3) + 1. Two
// such quorums share more than a third of the stake, so at least one honest validator.
constexpr std::uint64_t quorum_of(std::uint64_t total) {
    return total - (total / 3 + (total % 3 == 0 ? 0 : 1)) + 1;
}

// The least stake that is strictly more than a third of `total`: with less than that Byzantine, at
// least one honest validator is among them.
constexpr std::uint64_t honest_part_of(std::uint64_t total) { return total / 3 + 1; }

// The stake of the validators for whose index the condition holds.
template <class Condition>
constexpr std::uint64_t stake_where(std::span<const std::uint64_t> stakes, Condition&& holds) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < stakes.size(); ++i) sum += holds(i) ? stakes[i] : 0;
    return sum;
}

}  // namespace aivm::sim
