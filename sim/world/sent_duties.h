// What honest providers sent to keep their seats, and when: it tells a provider that was silent
// from one whose operation did not get into a block.
//
//   1. Sent in time means: before the last block that takes it was built, by that block's own
//      timestamp, whatever happened on the way.
//   2. Of what is sent again, the first time counts.
//   3. Only what concerns open assignments is kept: at most twice as many entries as there are, and
//      kKeptMin.
#pragma once

#include <functional>
#include <vector>

#include "core/execution/execute.h"
#include "sim/actors/packet.h"
#include "sim/actors/sent_duty.h"
#include "sim/engine/time.h"

namespace aivm::sim {

class SentDuties {
public:
    using IsOpen = std::function<bool(const SentDuty&)>;
    // `is_open`: whether the assignment can still be slashed for silence.
    explicit SentDuties(IsOpen is_open) : is_open_(std::move(is_open)) {}

    // The next block of the accepted chain; genesis first.
    void accept(const Executed& block);
    // Called when the provider sends it. Requires an assignment that the accepted chain has made.
    void add(ActorId provider, const SentDuty& duty, SimTime now);

    // Whether the provider had sent in time what averts this slash, which block `height` applies.
    [[nodiscard]] bool in_time(ActorId provider, const SentDuty& slash, Height height) const;

    [[nodiscard]] std::size_t size() const { return sent_.size(); }
    static constexpr std::size_t kKeptMin = 64;

private:
    struct Sent {
        ActorId provider = 0;
        SentDuty duty;
        SimTime at = 0;
    };

    IsOpen is_open_;
    std::vector<Sent> sent_;           // from the oldest to the newest
    std::size_t prune_at_ = kKeptMin;  // size at which closed assignments are dropped
    std::vector<SimTime> block_time_;  // by height: its timestamp, as time since genesis
    TimestampNs genesis_time_ = 0;
};

}  // namespace aivm::sim
