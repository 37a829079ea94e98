// How long a node waits before it asks again what it just asked without learning anything.
//
// A poll teaches nothing when fewer than alpha_preference answers name a block that is undecided
// here: the others have no such block yet, or refuse it for now, as they do with a block from the
// future. Polls of a fast network would otherwise be repeated thousands of times per second until
// the others accept the block. The pause is a fraction of the time since the node learned something
// last, so that it is in proportion to whatever the network's latency is: the first repetitions
// come at once, later ones ever more rarely and one at a time.
//
// Deployed nodes have no such pause; their rate of polls is limited by the throttling of messages,
// which is not simulated.
#pragma once

#include <algorithm>

#include "sim/consensus/timers.h"

namespace aivm::sim {

class RepollPause {
public:
    static constexpr std::uint64_t kFraction = 4;
    static constexpr std::uint64_t kLongestNs = 1'000'000'000;

    // A poll brought a quorum of votes, or a block was added or decided.
    void learned(SimTime now) { learned_at_ = now; }

    // What is left at `now` of the pause after a poll that began at `opened_at`.
    [[nodiscard]] std::uint64_t left_ns(SimTime opened_at, SimTime now) const {
        const std::uint64_t pause = std::min(delay_until(now, learned_at_) / kFraction, kLongestNs);
        return delay_until(opened_at + static_cast<SimTime>(pause), now);
    }

private:
    SimTime learned_at_ = 0;
};

}  // namespace aivm::sim
