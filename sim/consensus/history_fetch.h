// Fetches the chain between the last accepted block and a target, backwards by id.
//
// The caller trusts the target's id; each body that arrives under the requested id names the next
// id. A body under any other id does not belong to this chain, whoever sent it (an id is the hash
// of the body). Afterwards the blocks are delivered parent first. Memory: one BlockInfo per block
// of the gap.
#pragma once

#include <set>
#include <vector>

#include "sim/consensus/block_info.h"
#include "sim/consensus/block_tree.h"

namespace aivm::sim {

class HistoryFetch {
public:
    enum class State : std::uint8_t {
        kIdle,
        kFetching,
        kReady,     // next() returns the blocks of the chain
        kConflict,  // the chain does not lead to our last accepted block
    };

    HistoryFetch(const BlockTree& tree, EngineCounters& counters, std::uint32_t blocks_per_fetch)
        : tree_(tree), counters_(counters), blocks_per_fetch_(blocks_per_fetch) {}

    // Requires a target above the last accepted height and at least one source.
    void begin(const BlockRef& target, std::vector<VoterIndex> sources, Actions& out);
    // False when the body was not requested. One that was belongs to this afterwards; state() is
    // kConflict if it does not fit.
    bool body(const BlockInfo& block, Actions& out);
    // After a time-out: asks the next source.
    void ask_again(Actions& out);
    // Drops everything; the bodies still held are discarded.
    void abandon(Actions& out);

    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] std::size_t blocks_held() const { return chain_.size(); }
    [[nodiscard]] bool holds(const Hash32& id) const { return bodies_.contains(id); }
    // The lowest block not yet popped; null unless ready.
    [[nodiscard]] const BlockInfo* next() const;
    // The block that next() returned is accepted. After the last one the state is idle again.
    void pop();

private:
    void ask(Actions& out);
    // Appends `block`, and its ancestors that are verified already, to the chain.
    void extend(BlockInfo block, Actions& out);

    const BlockTree& tree_;
    EngineCounters& counters_;
    std::uint32_t blocks_per_fetch_;
    State state_ = State::kIdle;
    BlockRef wanted_;
    std::vector<VoterIndex> sources_;
    std::size_t source_ = 0;
    std::uint32_t still_coming_ = 0;
    std::vector<BlockInfo> chain_;  // child before parent
    std::set<Hash32> bodies_;       // of the chain, held unverified by the actor
};

}  // namespace aivm::sim
