// Shrinking a history: removing operations while the same invariant is still violated by the same
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

// Shrinks the accepted chain of `world`, which has run with keep_history and violated `found`.
// Returns nothing when the chain, played alone, does not show the violation. Deterministic unless
// the budget's clock ends it.
Result<std::optional<ShrunkHistory>> shrink_history(const World& world, const Violation& found,
                                                    ShrinkBudget& budget);

}  // namespace aivm::sim
