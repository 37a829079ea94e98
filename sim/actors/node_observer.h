// How validators notify the invariants and the recorder. Nothing flows back.
#pragma once

#include <span>

#include "core/vm/dag_vm.h"
#include "core/vm/vm.h"
#include "sim/actors/actor.h"
#include "sim/actors/forged.h"
#include "sim/consensus/poll_record.h"
#include "sim/scenario/engines.h"

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
// The queue of a DAG's node judges by what is settled.
inline QueueView queue_view_of(const DagVm& vm) { return {vm.mempool(), vm.state(), vm.state()}; }

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
    // A Byzantine node is about to send an item that it changed to all others.
    virtual void on_forged(ActorId node, const ForgedBlock& forged) {
        static_cast<void>(node), static_cast<void>(forged);
    }
    virtual void on_forged(ActorId node, const ForgedVertex& forged) {
        static_cast<void>(node), static_cast<void>(forged);
    }
    // The node has answered to an item: to its signature, or to all of it (verify). `vm` is as it
    // is after the answer. Not called for what the network has decided, while the node catches up.
    virtual void on_verdict(ActorId node, const Vm& vm, const Block& block, const Status& status) {
        static_cast<void>(node), static_cast<void>(vm);
        static_cast<void>(block), static_cast<void>(status);
    }
    virtual void on_verdict(ActorId node, const DagVm& vm, const Vertex& vertex,
                            const Status& status) {
        static_cast<void>(node), static_cast<void>(vm);
        static_cast<void>(vertex), static_cast<void>(status);
    }
    // The node sends a vote that it signed; once for each receiver.
    virtual void on_vote(ActorId node, const SignedVote& vote) {
        static_cast<void>(node), static_cast<void>(vote);
    }
    // The node says in which round it is (VotingRules::round_in); once for each receiver.
    virtual void on_round(ActorId node, std::uint32_t round) {
        static_cast<void>(node), static_cast<void>(round);
    }
    // On a DAG: the node holds the vertex as processing.
    virtual void on_vertex_verified(ActorId node, const DagVm& vm, const VertexPtr& vertex) {
        static_cast<void>(node), static_cast<void>(vm), static_cast<void>(vertex);
    }
    // `vm` is as it was before the decision.
    virtual void before_vertex_accept(ActorId node, const DagVm& vm, const VertexPtr& vertex,
                                      AcceptedBy by) {
        static_cast<void>(node), static_cast<void>(vm), static_cast<void>(vertex);
        static_cast<void>(by);
    }
    virtual void on_vertex_accepted(ActorId node, const DagVm& vm, const VertexPtr& vertex) {
        static_cast<void>(node), static_cast<void>(vm), static_cast<void>(vertex);
    }
    // The vertex that was accepted is a cut; `shown` is its slice as a block, for clients.
    virtual void on_settled(ActorId node, const DagVm& vm, const CutResultPtr& result,
                            const ExecutedPtr& shown) {
        static_cast<void>(node), static_cast<void>(vm), static_cast<void>(result);
        static_cast<void>(shown);
    }
    virtual void on_vertex_rejected(ActorId node, const DagVm& vm, const VertexPtr& vertex) {
        static_cast<void>(node), static_cast<void>(vm), static_cast<void>(vertex);
    }
    virtual void on_dag_restarted(ActorId node, const DagVm& vm) {
        static_cast<void>(node), static_cast<void>(vm);
    }
    // The node built a vertex, or found that it could carry nothing; these operations were tried
    // and refused. The queue is as the builder left it.
    virtual void on_vertex_built(ActorId node, const DagVm& vm,
                                 const std::vector<LeftOut>& refused) {
        static_cast<void>(node), static_cast<void>(vm), static_cast<void>(refused);
    }
    // Of the nodes whose polls are observed: as on_poll.
    virtual void on_vertex_poll(ActorId node, const VertexPollRecord& poll) {
        static_cast<void>(node), static_cast<void>(poll);
    }
    // The node proved to those outside the chain that a block is final.
    virtual void on_certificate(ActorId node, const PublishCertificate& certificate) {
        static_cast<void>(node);
        static_cast<void>(certificate);
    }
    // The node dropped a packet or a body whose bytes were wrong.
    virtual void on_malformed(ActorId node) { static_cast<void>(node); }
    // Whether the next four should be called for this node. Constant during a run.
    [[nodiscard]] virtual bool observes_polls(ActorId node) const {
        static_cast<void>(node);
        return false;
    }
    // The node begins a poll and asks these validators, each as often as it was drawn.
    virtual void on_poll_begun(ActorId node, std::span<const ActorId> asked) {
        static_cast<void>(node), static_cast<void>(asked);
    }
    // The node finished a poll, which is about to take effect.
    virtual void on_poll(ActorId node, const PollRecord& poll) {
        static_cast<void>(node), static_cast<void>(poll);
    }
    // The node's engine wants the message sent, and is given one.
    virtual void on_message_sent(ActorId node, ActorId to, const Message& message) {
        static_cast<void>(node), static_cast<void>(to), static_cast<void>(message);
    }
    virtual void on_message_received(ActorId node, ActorId from, const Message& message) {
        static_cast<void>(node), static_cast<void>(from), static_cast<void>(message);
    }
    // The node went down, and its queue with it.
    virtual void on_queue_lost(ActorId node) = 0;
    virtual void on_restarted(ActorId node, const Vm& vm) = 0;
    // The node's disk failed, or its VM refused what consensus decided: it has stopped.
    virtual void on_stopped(ActorId node, const Error& error) = 0;
};

}  // namespace aivm::sim
