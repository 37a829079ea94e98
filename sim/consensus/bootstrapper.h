// Learning what the others decided, after a restart or a long time cut off.
//
//   frontier   ask a stake-weighted sample for the last block they accepted
//   confirm    ask all others which of these they accepted; keep the highest that more than half of
//              the others' stake (this node's own left out) confirms
//   history    fetch from those who confirmed, backwards by id, and hand the blocks out parent
//              first
//
// Rounds without enough answers are repeated until there are. A frontier that nobody is ahead of
// ends it.
#pragma once

#include <vector>

#include "core/base/check.h"
#include "sim/consensus/history_fetch.h"
#include "sim/consensus/stake_sampler.h"
#include "sim/consensus/timers.h"
#include "sim/engine/random_stream.h"

namespace aivm::sim {

struct CatchUpConfig {
    VoterIndex self = 0;
    std::uint32_t sample = 0;
    std::uint64_t timeout_ns = 0;
    std::uint32_t blocks_per_fetch = 64;
};

class Bootstrapper {
public:
    // All references must outlive this.
    Bootstrapper(const CatchUpConfig& config, const BlockTree& tree, StakeSampler& sampler,
                 RandomStream& random, EngineCounters& counters, std::uint64_t first_serial)
        : config_(config),
          tree_(tree),
          sampler_(sampler),
          random_(random),
          counters_(counters),
          next_serial_(first_serial),
          history_(tree, counters, config.blocks_per_fetch) {}

    [[nodiscard]] bool active() const { return phase_ != Phase::kIdle; }
    // Whether the last catch-up brought any block.
    [[nodiscard]] bool progressed() const { return progressed_; }

    void begin(Actions& out);
    // False when the message does not belong to the round under way.
    bool on_frontier(VoterIndex from, const Frontier& message, Actions& out);
    bool on_confirm(VoterIndex from, const Confirm& message, Actions& out);
    void on_timer(std::uint64_t serial, Actions& out);

    // False when the body was not asked for.
    bool body(const BlockInfo& block, Actions& out);
    [[nodiscard]] bool holds(const Hash32& id) const { return history_.holds(id); }
    // The block to be verified and accepted next, if its turn has come; then delivered().
    [[nodiscard]] const BlockInfo* deliverable() const { return history_.next(); }
    void delivered();
    // The confirmed history contradicts what this node accepted or can verify: gives up.
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
        return sampler_.total() - sampler_.stake(config_.self);
    }

    CatchUpConfig config_;
    const BlockTree& tree_;
    StakeSampler& sampler_;
    RandomStream& random_;
    EngineCounters& counters_;
    std::uint64_t next_serial_;
    HistoryFetch history_;

    Phase phase_ = Phase::kIdle;
    bool progressed_ = false;
    std::uint64_t round_ = 0;  // serial of the round's requests and timer
    std::size_t held_at_timer_ = 0;
    std::size_t rounds_stuck_ = 0;
    std::uint64_t stake_answered_ = 0;
    std::vector<VoterIndex> waiting_;    // sorted
    std::vector<Candidate> candidates_;  // by height, highest first, then by id
};

}  // namespace aivm::sim
