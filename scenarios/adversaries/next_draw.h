// What the draws at the start of the next block would bring its proposer's providers.
#pragma once

#include "core/base/bytes.h"
#include "core/state/state.h"
#include "sim/actors/strategy.h"

namespace aivm::scenarios {

struct NextDraw {
    std::uint64_t seats = 0;  // that are drawn in all
    std::uint64_t ours = 0;   // for providers of the same owner
};

// The draw that the VM will make with this beacon on this state (core/verification/draw.cpp),
// except that draws of one block fill each other's slots there.
NextDraw next_draw(const sim::StrategyContext& context, const State& parent, const Hash32& beacon);

}  // namespace aivm::scenarios
