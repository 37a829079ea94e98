// Fetches the chain between the last accepted block and a target, backwards, by ids that were asked
// for only.
//
// The target's id is trusted by the caller; each body that arrives under the id asked for names the
// next id to ask. What comes under any other id is not of this chain, whoever sent it (a body's id
// is the hash of its bytes). Afterwards the blocks are handed out parent first. Memory: one
// BlockInfo a block of the gap.
#pragma once

#include <set>
#include <vector>

#include "sim/consensus/block_tree.h"
#include "sim/consensus/consensus.h"

namespace aivm::sim {

class HistoryFetch {
public:
    enum class State : std::uint8_t {
        kIdle,
        kFetching,
        kReady,     // next() hands out the chain
        kConflict,  // the chain does not lead to our last accepted block
    };

    HistoryFetch(const BlockTree& tree, EngineCounters& counters, std::uint32_t blocks_per_fetch)
        : tree_(tree), counters_(counters), blocks_per_fetch_(blocks_per_fetch) {}

    // Requires a target above the last accepted height and at least one source.
    void begin(const BlockRef& target, std::vector<VoterIndex> sources, Actions& out);
    // False when the body was not asked for. One that was has been taken over, or discarded if it
    // broke the chain.
    bool body(const BlockInfo& block, Actions& out);
    // Nothing came for too long: asks the next source.
    void ask_again(Actions& out);
    // Forgets everything; the bodies still held are discarded.
    void abandon(Actions& out);

    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] std::size_t blocks_held() const { return chain_.size(); }
    [[nodiscard]] bool holds(const Hash32& id) const { return bodies_.contains(id); }
    // The lowest block not yet handed out; nothing unless ready.
    [[nodiscard]] const BlockInfo* next() const;
    // The block next() gave is accepted. After the last one the state is idle again.
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
    std::set<Hash32> bodies_;       // of the chain, unverified in the actor's hands
};

}  // namespace aivm::sim
