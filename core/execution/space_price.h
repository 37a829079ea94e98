// The congestion price of block space (Policy::space_price_floor): it follows the demand as the
// base fee of Ethereum does (EIP-1559), counted in operations.
#pragma once

#include "core/config/config.h"
#include "core/config/limits.h"
#include "core/state/state.h"

namespace aivm {

// What an operation of the block after this state burns.
inline Amount space_price(const ChainHead& head, const Policy& policy) {
    return policy.space_price_floor.is_zero()
               ? Amount()
               : std::max(head.space_price, policy.space_price_floor);
}

// The price after a block that held this many operations.
Amount next_space_price(Amount price, std::uint64_t operations, const Policy& policy);

}  // namespace aivm
