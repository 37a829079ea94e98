// Learns what the others decided, after a restart or a long isolation.
//
//   frontier   ask a stake-weighted sample for the last block they accepted
//   confirm    ask all others which of these they accepted; keep the highest that is confirmed by
//              more than half of the stake of the others
//   history    fetch backwards by id from nodes that confirmed it, and deliver the blocks parent
//              first
//
// Rounds without enough answers are repeated. It ends at once if no node is ahead. A node that was
// told about a greater height by somebody checks the claim this way beside its polls, and asks all
// others only if more than half of the sample agree; only a confirmed history stops the polls. A
// node that starts again has nothing to poll about before it knows the frontier.
#pragma once

#include <vector>

#include "core/base/check.h"
#include "sim/consensus/bootstrap_messages.h"
#include "sim/consensus/history_fetch.h"
#include "sim/consensus/stake_sampler.h"
#include "sim/consensus/timers.h"
#include "sim/engine/random_stream.h"

namespace aivm::sim {

struct BootstrapperConfig {
    VoterIndex self = 0;
    std::uint32_t sample = 0;
    std::uint64_t timeout_ns = 0;
    std::uint32_t blocks_per_fetch = 64;
};

class Bootstrapper {
public:
    // All references must outlive this; `sampler` may be replaced.
    Bootstrapper(const BootstrapperConfig& config, const BlockTree& tree,
                 const std::shared_ptr<StakeSampler>& sampler, RandomStream& random,
                 EngineCounters& counters, std::uint64_t first_serial)
        : config_(config),
          tree_(tree),
          sampler_(sampler),
          random_(random),
          counters_(counters),
          next_serial_(first_serial),
          history_(tree, counters, config.blocks_per_fetch) {}

    enum class Reason : std::uint8_t { kStart, kClaim };

    [[nodiscard]] bool active() const { return phase_ != Phase::kIdle; }
    // Whether the node must not take part in consensus meanwhile.
    [[nodiscard]] bool takes_over() const {
        return active() && (reason_ == Reason::kStart || phase_ == Phase::kHistory);
    }
    // Whether the last bootstrap delivered any block.
    [[nodiscard]] bool progressed() const { return progressed_; }

    void begin(Reason reason, Actions& out);
    // False when the message does not belong to the current round.
    bool on_frontier(VoterIndex from, const Frontier& message, Actions& out);
    bool on_confirm(VoterIndex from, const Confirm& message, Actions& out);
    void on_timer(std::uint64_t serial, Actions& out);

    // False when the body was not asked for.
    bool body(const BlockInfo& block, Actions& out);
    [[nodiscard]] bool holds(const Hash32& id) const { return history_.holds(id); }
    // The block to be verified and accepted next, or null; then call delivered().
    [[nodiscard]] const BlockInfo* deliverable() const { return history_.next(); }
    void delivered();
    // Gives up: the confirmed history contradicts what this node accepted, or is invalid.
    void conflict(Actions& out);

private:
    enum class Phase : std::uint8_t { kIdle, kFrontier, kConfirm, kHistory };
    struct Candidate {
        BlockRef block;
        std::uint64_t stake = 0;
        std::vector<VoterIndex> confirmed_by;
    };

    void ask_frontier(Actions& out);
    void frontier_known(Actions& out);
    void judge_candidates(bool all_answered, Actions& out);
    bool answered_by(VoterIndex from, std::uint64_t request);
    void set_timer(Actions& out);
    [[nodiscard]] std::uint64_t stake_of_others() const {
        return sampler_->total() - sampler_->stake(config_.self);
    }

    Phase phase_ = Phase::kIdle;
    Reason reason_ = Reason::kStart;
    BootstrapperConfig config_;
    const BlockTree& tree_;
    const std::shared_ptr<StakeSampler>& sampler_;
    RandomStream& random_;
    EngineCounters& counters_;
    std::uint64_t next_serial_;
    HistoryFetch history_;

    std::size_t answers_ = 0;        // of the sample
    std::size_t answers_ahead_ = 0;  // of these, from nodes that accepted more
    bool progressed_ = false;
    std::uint64_t round_ = 0;  // serial of the round's requests and timer
    std::size_t held_at_timer_ = 0;
    std::size_t rounds_stuck_ = 0;
    std::uint64_t stake_answered_ = 0;
    std::vector<VoterIndex> waiting_;    // sorted
    std::vector<Candidate> candidates_;  // by height, highest first, then by id
};

}  // namespace aivm::sim
