// The chain of the economic fidelity: one actor in place of all validators, their network and their
// disks.
//
//   1. The VM's rules are the real ones (core/execution/build.h); bytes, signatures, roots and
//   storage
//      are left out, since no result of a study can depend on them.
//   2. Every block has a virtual proposer, drawn by stake, whose strategy decides what the block
//      carries. The model of chain.censorship lies on top of it, block by block, as it does for the
//      sequencer of the full fidelity.
//   3. A block is final chain.finality_delay after it was built, and everybody who listens hears of
//      it in that instant; who missed blocks may ask for the last ones again. Like the real chain
//      it builds nothing while there is nothing to do.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "core/vm/mempool.h"
#include "sim/actors/actor.h"
#include "sim/actors/censorship.h"
#include "sim/actors/strategy.h"

namespace aivm::sim {

struct VirtualChainSetup {
    std::uint64_t run_seed = 0;
    ExecutedPtr genesis;
    const Rules* rules = nullptr;
    std::vector<std::uint64_t> stakes;  // of the virtual validators, by index
    std::vector<std::unique_ptr<ValidatorStrategy>> strategies;  // as many
    ChainSettings chain;
    std::vector<ActorId> followers;
    std::vector<ActorId> watchers;  // those of them that are told of operations which come in
    std::size_t history_kept = 1;   // final blocks that are told again to whoever missed them
    Environment* environment = nullptr;
    // Hears of every final block with the fraud proofs it left out on purpose, before the followers
    // do.
    std::function<void(const ExecutedPtr&, const std::vector<OperationPtr>& censored)> on_block;
    // What the model's attacker paid for a block of this proposer.
    std::function<void(ValidatorIndex proposer, Amount)> on_paid;
    std::function<void(const Error&)> on_stopped;
};

class VirtualChain final : public Actor {
public:
    explicit VirtualChain(VirtualChainSetup setup);

    void start() override {}
    // Operations are queued, and whoever missed blocks is told the last ones; nothing else can be
    // asked of this chain.
    void receive(ActorId from, const Packet& packet) override;
    void wake(std::uint64_t tag) override;

private:
    struct Built {
        ExecutedPtr block;
        std::vector<OperationPtr> censored;
    };

    void take(const OperationPtr& operation);
    void serve(ActorId from, Height first);
    void tell_watchers();
    void consider_building();
    [[nodiscard]] ValidatorIndex draw_proposer();
    [[nodiscard]] ValidatorIndex choose_proposer(Hash32& beacon);
    [[nodiscard]] std::vector<OperationPtr> choose(ValidatorIndex proposer,
                                                   std::vector<OperationPtr>& censored);
    void build();
    void finalise_next();

    VirtualChainSetup setup_;
    ExecutedPtr tip_;
    Mempool mempool_;
    std::vector<std::uint64_t> stake_up_to_;  // running sums
    RandomStream proposers_;
    CensorshipSchedule schedule_;
    bool timer_is_set_ = false;
    std::deque<Built> built_;           // not final yet
    std::deque<ExecutedPtr> history_;   // the last final ones
    std::vector<OperationPtr> untold_;  // came in, and the watchers have not heard of it
};

}  // namespace aivm::sim
