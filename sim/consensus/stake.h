// Sums and shares of stake that cannot overflow.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/base/amount.h"
#include "core/base/error.h"

namespace aivm::sim {

// The stakes of all validators, by index; one vector for all nodes of a world.
using SharedStakes = std::shared_ptr<const std::vector<std::uint64_t>>;

// The stakes, without a copy of their own if this thread holds equal ones that it shared last.
SharedStakes share_stakes(std::vector<std::uint64_t> stakes);

// Fails when the sum of the stakes exceeds 64 bits, or is zero.
inline Result<std::uint64_t> total_stake(std::span<const std::uint64_t> stakes) {
    std::uint64_t total = 0;
    for (const std::uint64_t stake : stakes) {
        const auto sum = checked_add(total, stake);
        if (!sum)
            return fail(ErrorCode::kOverflow, "the validators' stakes together exceed 2^64 - 1");
        total = *sum;
    }
    if (total == 0) return fail(ErrorCode::kConfig, "no validator has any stake");
    return total;
}

// Requires that total_stake() does not fail.
constexpr std::uint64_t sum_of(std::span<const std::uint64_t> stakes) {
    std::uint64_t total = 0;
    for (const std::uint64_t stake : stakes) total += stake;
    return total;
}

// Whether `part` is strictly more than half of `whole`.
constexpr bool more_than_half(std::uint64_t part, std::uint64_t whole) {
    return part > whole - part || part > whole;
}

}  // namespace aivm::sim
