// Shrinking a history: taking operations out as long as the same invariant is violated by the same
// actors.
#pragma once

#include "sim/history/history_player.h"
#include "sim/history/shrink.h"

namespace aivm::sim {

struct ShrunkHistory {
    History history;  // up to the block that violates, with operations that all take effect
    HistoryViolation violation;
    std::size_t operations_before = 0;
    std::vector<std::string> actions;  // its operations, as sentences
};

// Shrinks the accepted chain of `world`, which has run with keep_history and met `found`. Gives
// nothing when the chain, played alone, does not show the violation. The same input gives the same
// result unless the budget's clock ends it.
Result<std::optional<ShrunkHistory>> shrink_history(const World& world, const Violation& found,
                                                    ShrinkBudget& budget);

}  // namespace aivm::sim
