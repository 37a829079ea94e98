// How validators notify the invariants and the recorder. Nothing flows back.
#pragma once

#include "core/vm/vm.h"
#include "sim/actors/actor.h"

namespace aivm::sim {

// A queue of operations, and the states by which it judges them.
struct QueueView {
    const Mempool& queue;
    const State& tip;        // after the last accepted block: decides what is stale
    const State& preferred;  // on which the next block is built
};
inline QueueView queue_view_of(const Vm& vm) {
    return {vm.mempool(), vm.state(), vm.preferred_state()};
}

// A block as its builder knows it.
struct BuiltBlock {
    const ExecutedPtr& executed;
    const State& parent;
    const std::vector<OperationPtr>& censored;  // fraud proofs left out on purpose
    const std::vector<LeftOut>& refused;        // operations that the builder tried and that failed
};

class NodeObserver {
public:
    virtual ~NodeObserver() = default;
    // `node` executed the block, or built it, and holds it as processing.
    virtual void on_verified(ActorId node, const Vm& vm, const ExecutedPtr& executed) = 0;
    // `vm` is as it was before the decision; the block is still processing.
    virtual void before_accept(ActorId node, const Vm& vm, const ExecutedPtr& executed,
                               AcceptedBy by) = 0;
    virtual void on_accepted(ActorId node, const Vm& vm, const ExecutedPtr& executed) = 0;
    virtual void before_reject(ActorId node, const Vm& vm, const ExecutedPtr& executed) = 0;
    virtual void on_rejected(ActorId node, const Vm& vm, const ExecutedPtr& executed) = 0;
    // The node built a block and left these fraud proofs out on purpose.
    virtual void on_censored(ActorId node, const ExecutedPtr& built,
                             const std::vector<OperationPtr>& left_out) = 0;
    // The node offered the operation to its queue, which took or refused it.
    virtual void on_offered(ActorId node, const QueueView& view, const OperationPtr& operation,
                            const Status& taken) = 0;
    // The node built a block; the queue is as the builder left it.
    virtual void on_built(ActorId node, const QueueView& view, const BuiltBlock& built) = 0;
    // The node went down, and its queue with it.
    virtual void on_queue_lost(ActorId node) = 0;
    virtual void on_restarted(ActorId node, const Vm& vm) = 0;
    // The node's disk failed, or its VM refused what consensus decided: it has stopped.
    virtual void on_stopped(ActorId node, const Error& error) = 0;
};

}  // namespace aivm::sim
