// Plays a history on a world's genesis through the VM's own rules, watched by one of the invariants
// of the accepted chain. Operations that the rules refuse are left out, so any subset of a history
// can be played.
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

struct Played {
    std::optional<HistoryViolation> violation;  // the first; the play ends with its block
    History history;                            // what was played, without the refused operations
    State state;                                // after it
};

class HistoryPlayer {
public:
    // The world must outlive the player. Blocks are executed with the CPU's own kernels.
    HistoryPlayer(const World& world, std::string_view invariant);

    // Whether the invariant is one that the accepted chain alone can violate: those about money and
    // the modes.
    static bool can_show(std::string_view invariant);

    // Errors: a kernel that fails, or a row that cannot be a block's.
    Result<Played> play(const History& history);

private:
    World::Ground ground_;
    std::string invariant_;
    gpu::SimdKernels kernels_;
    Rules rules_;
};

}  // namespace aivm::sim
