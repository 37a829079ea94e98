// The chain of the economic fidelity: one actor in place of all validators, their network and their
// disks.
//
//   1. The VM's rules are the real ones (core/execution/build.h); bytes, signatures, roots and
//      storage are left out, since no result of a study can depend on them.
//   2. Every block has a virtual proposer, drawn by stake, whose strategy decides what the block
//      carries. The model of chain.censorship applies on top of it, block by block, as with the
//      sequencer in full fidelity.
//   3. A block is final chain.finality_delay after it was built, and all followers receive it in
//      that instant; a follower that missed blocks may request the last ones again. Like the real
//      chain it builds no block while it has nothing to include.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "core/vm/mempool_selection.h"
#include "sim/actors/actor.h"
#include "sim/actors/censorship.h"
#include "sim/actors/node_observer.h"
#include "sim/actors/strategy.h"

namespace aivm::sim {

struct VirtualChainSetup {
    std::uint64_t run_seed = 0;
    ExecutedPtr genesis;
    const Rules* rules = nullptr;
    std::vector<std::uint64_t> stakes;  // of the virtual validators, by index
    std::vector<std::unique_ptr<ValidatorStrategy>> strategies;  // as many
    ChainSettings chain;
    MempoolLimits queue;
    std::vector<ActorId> followers;
    std::vector<ActorId> watchers;  // those of them that receive PendingPackets
    std::size_t history_kept = 1;   // final blocks kept for followers that missed them
    Environment* environment = nullptr;
    // Notified of what the queue takes and of what is built, as of validator 0; null: nobody.
    NodeObserver* observer = nullptr;
    // Called for every final block, before the followers receive it, with the fraud proofs that it
    // left out on purpose.
    std::function<void(const ExecutedPtr&, const std::vector<OperationPtr>& censored)> on_block;
    // Called with the attacker's payment for a block of this proposer.
    std::function<void(ValidatorIndex proposer, Amount)> on_paid;
    std::function<void(const Error&)> on_stopped;
};

class VirtualChain final : public Actor {
public:
    explicit VirtualChain(VirtualChainSetup setup);

    void start() override {}
    // Accepts OperationPacket and FollowRequest; other packets are ignored.
    void receive(ActorId from, const Packet& packet) override;
    void wake(std::uint64_t tag) override;

private:
    struct Built {
        ExecutedPtr block;
        std::vector<OperationPtr> censored;
    };

    void take(const OperationPtr& operation);
    void serve(ActorId from, Height first);
    void notify_watchers();
    void consider_building();
    [[nodiscard]] ValidatorIndex draw_proposer();
    [[nodiscard]] ValidatorIndex choose_proposer(Hash32& beacon);
    [[nodiscard]] MempoolSelection choose(ValidatorIndex proposer,
                                          std::vector<OperationPtr>& censored);
    void build();
    void refresh_queue();
    [[nodiscard]] QueueView queue_view() const { return {mempool_, tip_->state, tip_->state}; }
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
    std::vector<OperationPtr> untold_;  // received, and not yet forwarded to the watchers
};

}  // namespace aivm::sim
