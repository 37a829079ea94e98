#include "core/execution/space_price.h"

#include <algorithm>

namespace aivm {
namespace {

__extension__ using Wide = unsigned __int128;

// Nobody could pay more.
constexpr Amount kMost = kSupplyMax;

}  // namespace

Amount next_space_price(Amount price, std::uint64_t operations, const Policy& policy) {
    const std::uint64_t target = policy.space_target_operations;
    const std::uint64_t apart = std::max(operations, target) - std::min(operations, target);
    // A block of twice the target, or an empty one, changes the price by space_change_bps.
    const Wide change = Wide{price.nlux()} * std::min(apart, target) * policy.space_change_bps /
                        (Wide{target} * 10'000);
    if (operations <= target) {
        const auto lower = static_cast<std::uint64_t>(price.nlux() - change);
        return std::max(Amount(lower), policy.space_price_floor);
    }
    // A price too small for the share still rises.
    const Wide higher = Wide{price.nlux()} + std::max<Wide>(change, 1);
    return higher > kMost.nlux() ? kMost : Amount(static_cast<std::uint64_t>(higher));
}

}  // namespace aivm
