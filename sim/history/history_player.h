// Plays a history on a world's genesis by the VM's own rules, checked by one invariant of the
// accepted chain. Operations that the rules refuse are left out, so any subset of a history can be
// played.
#pragma once

#include <optional>
#include <string>

#include "gpu/simd/simd_kernels.h"
#include "sim/history/history.h"
#include "sim/world/world.h"

namespace aivm::sim {

struct HistoryViolation {
    std::string message;
    std::vector<std::string> actors;
    Height block = 0;
};

struct PlayedHistory {
    std::optional<HistoryViolation> violation;  // the first; playing ends with its block
    History history;                            // without the operations that were refused
    State state;                                // after the last block
};

class HistoryPlayer {
public:
    // The world must outlive the player. Blocks are executed with the CPU's own kernels.
    HistoryPlayer(const World& world, std::string_view invariant);

    // Whether the accepted chain alone can violate the invariant: those about money, the modes and
    // the tables.
    static bool can_show(std::string_view invariant);

    // Errors: a kernel that fails, or a row that cannot be a block.
    Result<PlayedHistory> play(const History& history);

private:
    World::ChainBasis basis_;
    std::string invariant_;
    gpu::SimdKernels kernels_;
    Rules rules_;
};

}  // namespace aivm::sim
