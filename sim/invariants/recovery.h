// How fast the validators of a run must recover from its faults, and how fast they did.
//
// A chain is healed when its last fault has ended. It has recovered when every correct validator
// has accepted what was accepted at that time, and a new block has been accepted. The limit:
//
//   4 x (proposing + deciding + catching up) + the clock skew that faults may have left in blocks
//
//   proposing    until somebody builds whose turn it is: 8 fallback delays and a block interval
//   deciding     polls in a row of which each succeeds with chance p, until beta of them succeeded
//                one after the other: (1 - p^beta) / ((1 - p) p^beta), and 64 polls to end a split;
//                each takes a round trip (a time-out if answers are missing), `concurrent_polls` at
//                a time
//                or rounds: each failed one, and the one that decides, takes its time-out and an
//                eighth of the time of the faults, since rounds grow longer while they fail
//   p            at least alpha_confidence of k answers come, each with the chance that a correct
//                validator was asked and neither message was lost
//   catching up  an idle probe, a cool-down and four rounds of requests; then a round trip for
//                every 64 blocks that the faults may have cost a node
//
// The parameters of some chains give no limit: with alpha_confidence close to k and loss, hardly
// any poll succeeds.
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "core/base/amount.h"
#include "sim/engine/time.h"

namespace aivm::sim {

struct RecoveryParameters {
    SimTime block_interval = 0;
    SimTime round_trip = 0;   // between the validators farthest from each other, seldom exceeded
    SimTime faults_last = 0;  // from the first to the last; blocks that a node may have to catch up
    SimTime clock_skew = 0;   // that faults may have left in blocks
    // Of an engine that polls; k = 0: it does not.
    std::uint32_t k = 0;
    std::uint32_t alpha_confidence = 0;
    std::uint32_t beta = 0;
    std::uint32_t concurrent_polls = 1;
    SimTime poll_timeout = 0;
    double answer_chance = 1;  // that one answer that was asked for comes and is honest
    SimTime finality_delay = 0;
    // Of an engine that votes in rounds: the wait for each, and how many may fail one after the
    // other once all is well. 0: it has no rounds.
    SimTime round_timeout = 0;
    std::uint32_t failing_rounds = 0;
};

// Nothing if the parameters give no limit.
std::optional<SimTime> recovery_limit(const RecoveryParameters& parameters);

// Follows one run. Its owner reports what happens, in order.
class Recovery {
public:
    Recovery() = default;
    // The last fault ends at `healed_at`, or there is none; `limit` is how long recovery may take,
    // and `stall_limit` how long a healthy chain with work may go without a block.
    Recovery(std::optional<SimTime> healed_at, std::optional<SimTime> limit,
             std::optional<SimTime> stall_limit)
        : healed_at_(healed_at), limit_(limit), stall_limit_(stall_limit) {}

    // The last fault has ended: the chain has this height, and these validators have less.
    void heal(Height tip, std::set<std::uint32_t> behind, SimTime now);
    // The validator's chain has this height now.
    void reach(std::uint32_t validator, Height height, SimTime now);

    // Whether the run has faults, and all are over.
    [[nodiscard]] bool is_healed() const { return healed_; }
    // When the last fault ends; nothing in a run without faults.
    [[nodiscard]] std::optional<SimTime> healed_at() const { return healed_at_; }
    [[nodiscard]] std::optional<SimTime> limit() const { return limit_; }
    [[nodiscard]] std::optional<SimTime> stall_limit() const { return stall_limit_; }
    // The validators that have not reached the height at which the chain healed.
    [[nodiscard]] const std::set<std::uint32_t>& behind() const { return behind_; }
    [[nodiscard]] Height healed_height() const { return healed_height_; }
    // From healing until every correct validator had reached that height, and until a new block was
    // accepted; nothing before that.
    [[nodiscard]] std::optional<SimTime> caught_up_after() const {
        return after_healing(caught_up_at_);
    }
    [[nodiscard]] std::optional<SimTime> progressed_after() const {
        return after_healing(progressed_at_);
    }

    // From healing to recovery; nothing before, and in a run without faults. A chain that has
    // nothing left to do recovers without a new block.
    [[nodiscard]] std::optional<SimTime> time_taken(bool has_work) const;
    // Whether it is too early to expect recovery: a fault is in force or yet to come, or the limit
    // is not over. Never in a run without faults.
    [[nodiscard]] bool may_still_recover(SimTime now) const;

private:
    [[nodiscard]] std::optional<SimTime> after_healing(std::optional<SimTime> time) const {
        if (!healed_ || !healed_at_ || !time) return std::nullopt;
        return *time - *healed_at_;
    }

    std::optional<SimTime> healed_at_;
    std::optional<SimTime> limit_;
    std::optional<SimTime> stall_limit_;
    bool healed_ = false;
    Height healed_height_ = 0;
    std::set<std::uint32_t> behind_;
    std::optional<SimTime> caught_up_at_;
    std::optional<SimTime> progressed_at_;
};

}  // namespace aivm::sim
