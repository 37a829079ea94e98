// Invariants: small objects that are notified of state changes as they happen, and report a
// violation in one sentence.
//
// An invariant overrides the hooks it needs. Hooks run inside the world's events, in the order in
// which things happen. They see the whole world, which no actor does. To add one:
// write the class in the file of its kind (money, ownership, modes, receipts, queues, funding,
// agreement, decisions, blocks, disks, polls, locks, vertices, verdicts, certificates, liveness,
// load, kernels), add it in the function at the end of that file, and write a test that violates
// it. What it compares, it counts (expect, count_check): an invariant that never compared anything
// in a campaign has not held, it has not looked.
#pragma once

#include <concepts>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/vm/dag_vm.h"
#include "core/vm/vm.h"
#include "sim/actors/node_observer.h"
#include "sim/engine/time.h"
#include "sim/invariants/recovery.h"
#include "sim/scenario/participants.h"
#include "sim/scenario/scenario.h"

namespace aivm::sim {

struct InvariantInfo {
    std::string_view id;       // "E3"
    std::string_view name;     // "bond-outlives-obligation"
    std::string_view meaning;  // what holds, one line
    std::string_view reason;   // why it must hold, and who loses what if not: one or two sentences
    bool liveness = false;     // its violation is a limit reached (exit code 6), not a wrong state
    bool of_queues = false;    // it is shown what nodes offer to their queues and build from them
    bool of_messages = false;  // it is shown the messages of the nodes whose polls are observed
};

// What a run has under way, for the invariants that bound it.
struct Load {
    std::uint64_t validator_messages = 0;  // sent so far from one validator to another
    std::uint64_t events_pending = 0;
    std::uint64_t timers_max = 0;  // the most timers that one actor has set and that have not fired
    ActorId timers_of = 0;         // that actor
    std::uint64_t step_max = 0;    // the most messages and timers caused by one event so far
    ActorId step_of = 0;           // the actor that handled it
};

// The end of the accepted chain, as far as any validator got. Of a DAG: its last slices, as blocks.
struct LastBlocks {
    ExecutedPtr tip;     // genesis, before the first block
    ExecutedPtr parent;  // the one before; null if the tip is genesis
};

// The interface through which invariants read the world and report violations. The world implements
// it.
class Watch {
public:
    virtual ~Watch() = default;
    [[nodiscard]] virtual SimTime now() const = 0;
    [[nodiscard]] virtual const Scenario& scenario() const = 0;
    [[nodiscard]] virtual const Participants& participants() const = 0;
    // How many tasks the requesters that take part have to submit.
    [[nodiscard]] virtual std::uint64_t tasks_due() const { return scenario().workload.tasks; }
    // The rules by which the chain's blocks are executed.
    [[nodiscard]] virtual const Rules& rules() const = 0;
    // Null while the validator is down.
    [[nodiscard]] virtual const Vm* vm(ActorId validator) const = 0;
    // The same on a DAG.
    [[nodiscard]] virtual const DagVm* dag_vm(ActorId validator) const {
        static_cast<void>(validator);
        return nullptr;
    }
    // The answer of a node of a DAG that is asked, when the run is over, to verify a vertex again.
    // Requires that the node is up.
    [[nodiscard]] virtual Status verify_again(ActorId validator, const VertexPtr& vertex) const {
        static_cast<void>(validator), static_cast<void>(vertex);
        return {};
    }
    // Both are null in a world made by hand that has no chain.
    [[nodiscard]] virtual LastBlocks last_blocks() const { return {}; }
    // Whether the validator can exchange messages with less than half of the stake, its own
    // included, because of the faults in force.
    [[nodiscard]] virtual bool cut_off(ActorId validator) const = 0;
    // Whether the validator follows the protocol through the whole run. What others do breaks no
    // promise. With run.beyond_f more may be faulty than the fault budget: validators that follow
    // the protocol still count as correct then, and what they are made to do wrong is reported as a
    // violation, which the scenario may expect.
    [[nodiscard]] virtual bool correct(ActorId validator) const {
        return participants().is_honest(validator);
    }
    // What the node's clock shows.
    [[nodiscard]] virtual TimestampNs clock(ActorId validator) const {
        static_cast<void>(validator);
        return ~TimestampNs{0};
    }
    // The block that the node's consensus engine prefers; nothing while the node is down.
    [[nodiscard]] virtual std::optional<Hash32> preferred(ActorId validator) const {
        static_cast<void>(validator);
        return std::nullopt;
    }
    [[nodiscard]] virtual const Recovery& recovery() const {
        static const Recovery kNone;
        return kNone;
    }
    [[nodiscard]] virtual Load load() const { return {}; }
    // Whether the run should check all that it can, whatever it costs.
    [[nodiscard]] virtual bool paranoid() const { return false; }
    virtual void violate(const InvariantInfo& invariant, std::string message,
                         std::vector<ActorId> actors) = 0;
};

class Invariant {
public:
    explicit Invariant(const InvariantInfo& info) : info_(info) {}
    Invariant(const Invariant&) = delete;
    Invariant& operator=(const Invariant&) = delete;
    virtual ~Invariant() = default;

    // A block was executed or built for the first time anywhere, on the state `parent`.
    virtual void on_executed(const Executed&, const State& /*parent*/) {}
    // The accepted chain grew by this block for the first time anywhere.
    virtual void on_chain(const Executed&, const State& /*parent*/) {}
    virtual void on_verified(ActorId, const Vm&, const ExecutedPtr&) {}
    virtual void before_accept(ActorId, const Vm&, const ExecutedPtr&, AcceptedBy) {}
    virtual void on_accepted(ActorId, const Vm&, const ExecutedPtr&) {}
    virtual void before_reject(ActorId, const Vm&, const ExecutedPtr&) {}
    virtual void on_rejected(ActorId, const Vm&, const ExecutedPtr&) {}
    // These three only if it is of_queues: operations are what a run has most of.
    virtual void on_offered(ActorId, const QueueView&, const OperationPtr&,
                            const Status& /*taken*/) {}
    virtual void on_built(ActorId, const QueueView&, const BuiltBlock&) {}
    virtual void on_queue_lost(ActorId) {}
    // Of the nodes whose polls are observed: a poll begins, and takes effect.
    virtual void on_poll_begun(ActorId, std::span<const ActorId> /*asked*/) {}
    virtual void on_poll(ActorId, const PollRecord&) {}
    // Of these nodes, only if it is of_messages: what the engine wants sent, before a strategy
    // changes it, and what the engine is given.
    virtual void on_message_sent(ActorId, ActorId /*to*/, const Message&) {}
    virtual void on_message_received(ActorId, ActorId /*from*/, const Message&) {}
    // On a DAG: what a node does with a vertex. `vm` is as it was before an acceptance, and as it
    // is after the others.
    virtual void on_vertex_verified(ActorId, const DagVm&, const VertexPtr&) {}
    virtual void before_vertex_accept(ActorId, const DagVm&, const VertexPtr&, AcceptedBy) {}
    virtual void on_vertex_accepted(ActorId, const DagVm&, const VertexPtr&) {}
    virtual void on_vertex_rejected(ActorId, const DagVm&, const VertexPtr&) {}
    // The vertex that was accepted is a cut.
    virtual void on_settled(ActorId, const DagVm&, const CutResult&) {}
    virtual void on_dag_restarted(ActorId, const DagVm&) {}
    virtual void on_vertex_poll(ActorId, const VertexPollRecord&) {}
    // Only if it is of_queues.
    virtual void on_vertex_built(ActorId, const DagVm&, const std::vector<LeftOut>& /*refused*/) {}
    // A Byzantine node sends out an item that it changed, with the verdict that it deserves.
    virtual void on_forged(ActorId, const ForgedBlock&) {}
    virtual void on_forged(ActorId, const ForgedVertex&) {}
    // What the node answers to an item of another one: to its signature, or to all of it (Verify).
    // Its VM is as it was before, or holds the item as processing.
    virtual void on_verdict(ActorId, const Vm&, const Block&, const Status&) {}
    virtual void on_verdict(ActorId, const DagVm&, const Vertex&, const Status&) {}
    // The node sends a vote that it signed; once for each receiver.
    virtual void on_vote(ActorId, const SignedVote&) {}
    // The node says in which round it is; once for each receiver.
    virtual void on_round(ActorId, std::uint32_t) {}
    // The node published a proof that a block is final, after it accepted the block.
    virtual void on_certificate(ActorId, const PublishCertificate&) {}
    // The chain that anchors go to took that of this block.
    virtual void on_exported(Height) {}
    virtual void on_restarted(ActorId, const Vm&) {}
    // The node has lost earlier decisions: its disk is new and empty, or lost what was written
    // last.
    virtual void on_disk_replaced(ActorId) {}
    // The node's disk lost what was written last, without a trace; after on_disk_replaced().
    virtual void on_writes_lost(ActorId) {}
    // The node has stopped by itself, and no fault of its disk explains it.
    virtual void on_stopped(ActorId, const Error&) {}
    virtual void on_faults_changed() {}
    // A pause of the node is over: next it handles what it missed.
    virtual void on_resumed(ActorId) {}
    // Every ten virtual seconds.
    virtual void on_sample() {}
    // A check outside the invariants found it violated: the shared executor, the kernel comparison.
    virtual void on_reported(const std::string& message) { report(message); }
    virtual void at_end() {}

    [[nodiscard]] const InvariantInfo& info() const { return info_; }
    [[nodiscard]] std::uint64_t checks() const { return checks_; }
    void attach(Watch& watch) { watch_ = &watch; }

protected:
    [[nodiscard]] Watch& watch() const { return *watch_; }
    void count_check() { ++checks_; }
    // Reports a violation as a limit reached, whatever the invariant's own kind.
    void report_limit(std::string message, std::vector<ActorId> actors = {}) {
        InvariantInfo limit = info_;
        limit.liveness = true;
        watch_->violate(limit, std::move(message), std::move(actors));
    }
    void report(std::string message, std::vector<ActorId> actors = {}) {
        watch_->violate(info_, std::move(message), std::move(actors));
    }
    // Counts one check, and reports if it fails. The message is computed only then, and so are the
    // actors when they are a function.
    template <class Message>
    void expect(bool holds, Message&& message, std::initializer_list<ActorId> actors = {}) {
        ++checks_;
        if (!holds) report(message(), actors);
    }
    template <class Message, std::invocable Actors>
    void expect(bool holds, Message&& message, Actors&& actors) {
        ++checks_;
        if (!holds) report(message(), actors());
    }

private:
    InvariantInfo info_;
    Watch* watch_ = nullptr;
    std::uint64_t checks_ = 0;
};

using Invariants = std::vector<std::unique_ptr<Invariant>>;

// All invariants that are on by default, in the order in which they are listed.
Invariants make_invariants();

// Their descriptions, for listings and for checking names in scenarios.
std::vector<InvariantInfo> invariant_infos();

// Nothing if no invariant has this id.
std::optional<InvariantInfo> invariant_info(std::string_view id);

// Null if no invariant has this id.
const Invariant* find_invariant(const Invariants& invariants, std::string_view id);

// The groups of which registry.cpp makes the list.
class StateAudit;  // state_audit.h
void add_money_invariants(Invariants& out, const std::shared_ptr<StateAudit>& audit);
void add_ownership_invariants(Invariants& out);
void add_mode_invariants(Invariants& out);
void add_receipt_invariants(Invariants& out);
void add_queue_invariants(Invariants& out);
void add_funding_invariants(Invariants& out);
void add_agreement_invariants(Invariants& out);
void add_decision_invariants(Invariants& out);
void add_block_invariants(Invariants& out);
void add_disk_invariants(Invariants& out);
void add_poll_invariants(Invariants& out);
void add_lock_invariants(Invariants& out);
void add_certificate_invariants(Invariants& out);
void add_vertex_invariants(Invariants& out);
void add_liveness_invariants(Invariants& out);
void add_load_invariants(Invariants& out);
void add_kernel_invariants(Invariants& out);
void add_structure_invariants(Invariants& out, const std::shared_ptr<StateAudit>& audit);
void add_verdict_invariants(Invariants& out);

}  // namespace aivm::sim
