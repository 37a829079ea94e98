// Learns what the others have accepted, after a restart or a long isolation.
//
//   frontier   ask a sample for its accepted frontier
//   confirm    ask all others which of these they accepted; keep those that more than half of the
//              stake of the others confirms
//   history    fetch these and their ancestors, down to what is accepted here, by id from nodes
//              that confirmed them; deliver them parents first
//
// A round without enough answers is repeated. It ends at once if nothing unknown is confirmed.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "sim/consensus/avalanche/messages.h"
#include "sim/consensus/stake_sampler.h"
#include "sim/consensus/timers.h"
#include "sim/engine/random_stream.h"

namespace aivm::sim {

struct VertexHistoryConfig {
    VoterIndex self = 0;
    std::uint32_t sample = 0;
    std::uint64_t timeout_ns = 2'000'000'000;
    std::uint32_t vertices_per_fetch = 64;
    std::function<bool(const Hash32& id)> is_accepted;  // by this node
};

class VertexHistory {
public:
    // The references must outlive this.
    VertexHistory(VertexHistoryConfig config, const std::shared_ptr<StakeSampler>& sampler,
                  RandomStream& random, EngineCounters& counters, std::uint64_t first_serial)
        : config_(std::move(config)),
          sampler_(sampler),
          random_(random),
          counters_(counters),
          next_serial_(first_serial) {}

    [[nodiscard]] bool active() const { return phase_ != Phase::kIdle; }
    void begin(Actions& out);
    // False when the message does not belong to the current round.
    bool on_frontier(VoterIndex from, const AcceptedFrontier& message, Actions& out);
    bool on_confirm(VoterIndex from, const Confirm& message, Actions& out);
    void on_timer(std::uint64_t serial, Actions& out);
    // False when the body was not asked for.
    bool body(const Item& vertex, Actions& out);
    // A vertex that is here and not delivered; null for all others.
    [[nodiscard]] const Item* find(const Hash32& id) const {
        const auto found = held_.find(id);
        return found == held_.end() ? nullptr : &found->second;
    }
    // The lowest of them whose parents are all accepted; null if there is none. It stays until
    // delivered().
    [[nodiscard]] const Item* next() const;
    void delivered(const Hash32& id);
    // This node's VM refuses a vertex that the others have accepted: gives up.
    void conflict(Actions& out);

private:
    enum class Phase : std::uint8_t { kIdle, kFrontier, kConfirm, kHistory };
    struct Candidate {
        BlockRef vertex;
        std::uint64_t stake = 0;
        std::vector<VoterIndex> confirmed_by;
    };

    void ask_frontiers(Actions& out);
    void ask_confirmations(Actions& out);
    void judge(bool all_answered, Actions& out);
    void want(const Hash32& id, Actions& out);
    bool answered_by(VoterIndex from, std::uint64_t request);
    void set_timer(Actions& out);
    void finish();

    VertexHistoryConfig config_;
    const std::shared_ptr<StakeSampler>& sampler_;
    RandomStream& random_;
    EngineCounters& counters_;
    std::uint64_t next_serial_;
    Phase phase_ = Phase::kIdle;
    std::uint64_t round_ = 0;  // serial of the round's requests and timer
    std::uint64_t stake_answered_ = 0;
    std::set<VoterIndex> waiting_;
    std::size_t asked_ = 0;  // of the sample
    std::vector<Candidate> candidates_;
    std::vector<VoterIndex> sources_;  // of the history
    std::size_t source_ = 0;
    std::set<Hash32> wanted_;      // not here yet
    std::map<Hash32, Item> held_;  // here, not delivered
};

}  // namespace aivm::sim
