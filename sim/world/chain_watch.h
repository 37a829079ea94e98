// Follows the accepted chain of a run: shows it to the invariants and to accounting, block by
// block, notes it in the trace, and collects the violations.
#pragma once

#include <algorithm>
#include <map>
#include <set>

#include "sim/actors/node_observer.h"
#include "sim/invariants/invariant.h"
#include "sim/world/accounting.h"
#include "sim/world/anchor_chain.h"
#include "sim/world/censorship_effects.h"
#include "sim/world/dag_record.h"
#include "sim/world/execution.h"
#include "sim/world/outcome.h"
#include "sim/world/run_context.h"
#include "sim/world/substrate.h"

namespace aivm::sim {

class ChainWatch final : public Watch, public NodeObserver {
public:
    // All must outlive this.
    ChainWatch(RunContext& context, Execution& execution, Accounting& accounting,
               CensorshipEffects& censorship)
        : context_(context),
          execution_(execution),
          accounting_(accounting),
          censorship_(censorship),
          anchors_(context.scenario().chain, context.stream(kWorldItself, Purpose::kAnchors),
                   export_hook()),
          dag_(context.scenario().chain.conflict_key) {}

    // Starts at the genesis block, with the invariants unless WorldOptions turns them off. Call
    // once.
    void begin(Substrate& substrate);

    // The accepted chain grows by this block for the first time anywhere. `note` goes into the
    // trace.
    void extend(const ExecutedPtr& executed, TraceTag tag, ByteView note);
    // A check outside the invariants found this one violated.
    void report_violation(std::string_view invariant, const std::string& message);
    void on_writes_lost(ActorId node) {
        notify([&](Invariant& i) { i.on_writes_lost(node); });
    }
    void on_resumed(ActorId node) {
        notify([&](Invariant& i) { i.on_resumed(node); });
    }
    void on_faults_changed() {
        notify([](Invariant& i) { i.on_faults_changed(); });
    }
    void on_disk_replaced(ActorId node) {
        notify([&](Invariant& i) { i.on_disk_replaced(node); });
    }
    // What is expected after the faults of the run; once, before it runs.
    void expect_recovery(const Recovery& recovery) { recovery_ = recovery; }
    // The last fault has ended.
    void on_healed();
    void on_sample() {
        notify([](Invariant& i) { i.on_sample(); });
    }
    // The run has ended by itself, and `tasks_due` tasks should be final.
    void at_end(std::uint64_t tasks_due) {
        tasks_due_ = tasks_due;
        notify([](Invariant& i) { i.at_end(); });
    }

    // The last accepted block, as far as any validator got.
    [[nodiscard]] const Executed& tip() const { return *tip_; }
    [[nodiscard]] std::uint64_t final_tasks() const {
        const Totals& totals = tip_->state.head.totals;
        return totals.tasks_completed + totals.tasks_failed;
    }
    [[nodiscard]] TimestampNs genesis_time() const {
        return execution_.genesis()->state.head.timestamp_ns;
    }
    // Empty unless WorldOptions::keep_history.
    [[nodiscard]] const std::vector<BlockPtr>& history() const { return history_; }
    [[nodiscard]] const AnchorChain& anchors() const { return anchors_; }
    [[nodiscard]] const DagRecord& dag() const { return dag_; }
    [[nodiscard]] const Invariants& invariants() const { return invariants_; }
    [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }
    [[nodiscard]] bool has_unexpected_violation() const {
        return std::ranges::any_of(violations_, [](const Violation& v) { return !v.expected; });
    }

    // Watch
    [[nodiscard]] SimTime now() const override { return context_.engine.now(); }
    [[nodiscard]] const Scenario& scenario() const override { return context_.scenario(); }
    [[nodiscard]] bool paranoid() const override { return context_.options.paranoid; }
    [[nodiscard]] const Participants& participants() const override {
        return context_.participants;
    }
    [[nodiscard]] std::uint64_t tasks_due() const override { return tasks_due_; }
    [[nodiscard]] const Rules& rules() const override { return execution_.rules(); }
    [[nodiscard]] const Vm* vm(ActorId validator) const override {
        return substrate_->vm(validator);
    }
    [[nodiscard]] const DagVm* dag_vm(ActorId validator) const override {
        return substrate_->dag_vm(validator);
    }
    [[nodiscard]] Status verify_again(ActorId validator, const VertexPtr& vertex) const override {
        return substrate_->verify_again(validator, vertex);
    }
    [[nodiscard]] LastBlocks last_blocks() const override { return {tip_, before_tip_}; }
    [[nodiscard]] bool cut_off(ActorId validator) const override {
        return substrate_->is_cut_off(validator);
    }
    [[nodiscard]] TimestampNs clock(ActorId validator) const override {
        return substrate_->clock_of(validator);
    }
    [[nodiscard]] std::optional<Hash32> preferred(ActorId validator) const override {
        return substrate_->preferred_of(validator);
    }
    [[nodiscard]] const Recovery& recovery() const override { return recovery_; }
    [[nodiscard]] Load load() const override { return substrate_->load(); }
    void violate(const InvariantInfo& invariant, std::string message,
                 std::vector<ActorId> actors) override;

    // NodeObserver
    [[nodiscard]] bool observes_polls(ActorId node) const override {
        return !invariants_.empty() && execution_.executes_alone(node);
    }
    void on_poll_begun(ActorId node, std::span<const ActorId> asked) override {
        notify([&](Invariant& i) { i.on_poll_begun(node, asked); });
    }
    void on_poll(ActorId node, const PollRecord& poll) override {
        notify([&](Invariant& i) { i.on_poll(node, poll); });
    }
    void on_message_sent(ActorId node, ActorId to, const Message& message) override {
        for (Invariant* invariant : of_messages_) invariant->on_message_sent(node, to, message);
    }
    void on_message_received(ActorId node, ActorId from, const Message& message) override {
        for (Invariant* invariant : of_messages_)
            invariant->on_message_received(node, from, message);
    }
    void on_forged(ActorId node, const ForgedBlock& forged) override {
        notify([&](Invariant& i) { i.on_forged(node, forged); });
    }
    void on_forged(ActorId node, const ForgedVertex& forged) override {
        notify([&](Invariant& i) { i.on_forged(node, forged); });
    }
    void on_verdict(ActorId node, const Vm& vm, const Block& block, const Status& status) override {
        notify([&](Invariant& i) { i.on_verdict(node, vm, block, status); });
    }
    void on_verdict(ActorId node, const DagVm& vm, const Vertex& vertex,
                    const Status& status) override {
        notify([&](Invariant& i) { i.on_verdict(node, vm, vertex, status); });
    }
    void on_vote(ActorId node, const SignedVote& vote) override {
        if (vote.slot.round > 0 && !has_views()) note_view_change(node);
        notify([&](Invariant& i) { i.on_vote(node, vote); });
    }
    void on_round(ActorId node, std::uint32_t round) override {
        note_view_change(node);
        notify([&](Invariant& i) { i.on_round(node, round); });
    }
    void on_certificate(ActorId node, const PublishCertificate& certificate) override;
    void on_verified(ActorId node, const Vm& vm, const ExecutedPtr& executed) override;
    void before_accept(ActorId node, const Vm& vm, const ExecutedPtr& executed,
                       AcceptedBy by) override;
    void on_accepted(ActorId node, const Vm& vm, const ExecutedPtr& executed) override;
    void before_reject(ActorId node, const Vm& vm, const ExecutedPtr& executed) override;
    void on_rejected(ActorId node, const Vm& vm, const ExecutedPtr& executed) override;
    void on_censored(ActorId node, const ExecutedPtr& built,
                     const std::vector<OperationPtr>& left_out) override;
    void on_offered(ActorId node, const QueueView& view, const OperationPtr& operation,
                    const Status& taken) override;
    void on_built(ActorId node, const QueueView& view, const BuiltBlock& built) override;
    void on_queue_lost(ActorId node) override;
    void on_vertex_verified(ActorId node, const DagVm& vm, const VertexPtr& vertex) override {
        dag_.verified(vm, *vertex, now());
        notify([&](Invariant& i) { i.on_vertex_verified(node, vm, vertex); });
    }
    void before_vertex_accept(ActorId node, const DagVm& vm, const VertexPtr& vertex,
                              AcceptedBy by) override {
        notify([&](Invariant& i) { i.before_vertex_accept(node, vm, vertex, by); });
    }
    void on_vertex_accepted(ActorId node, const DagVm& vm, const VertexPtr& vertex) override {
        if (correct(node)) dag_.accepted(*vertex, now());
        notify([&](Invariant& i) { i.on_vertex_accepted(node, vm, vertex); });
    }
    void on_vertex_rejected(ActorId node, const DagVm& vm, const VertexPtr& vertex) override {
        if (correct(node)) dag_.rejected(*vertex, now());
        notify([&](Invariant& i) { i.on_vertex_rejected(node, vm, vertex); });
    }
    void on_settled(ActorId node, const DagVm& vm, const CutResultPtr& result,
                    const ExecutedPtr& shown) override;
    void on_dag_restarted(ActorId node, const DagVm& vm) override {
        note_recovery(node);
        notify([&](Invariant& i) { i.on_dag_restarted(node, vm); });
    }
    void on_vertex_built(ActorId node, const DagVm& vm,
                         const std::vector<LeftOut>& refused) override {
        notify_of_queue([&](Invariant& i) { i.on_vertex_built(node, vm, refused); });
    }
    void on_vertex_poll(ActorId node, const VertexPollRecord& poll) override {
        notify([&](Invariant& i) { i.on_vertex_poll(node, poll); });
    }
    void on_restarted(ActorId node, const Vm& vm) override;
    void on_stopped(ActorId node, const Error& error) override;

private:
    // Whether rounds go on through all heights, so that a later one is nothing special.
    [[nodiscard]] bool has_views() const {
        return engine_of(scenario().chain).voting->round_in != nullptr;
    }
    void note_view_change(ActorId node) {
        if (context_.options.probe != nullptr) context_.options.probe->on_view_change(node);
    }
    void note_recovery(ActorId node);
    void extend_if_next(const ExecutedPtr& executed);
    // Empty unless blocks are certified.
    [[nodiscard]] std::function<void(Height)> export_hook();
    template <class Hook>
    void notify(Hook&& hook) {
        for (const auto& invariant : invariants_) hook(*invariant);
    }
    template <class Hook>
    void notify_of_queue(Hook&& hook) {
        for (Invariant* invariant : of_queues_) hook(*invariant);
    }

    RunContext& context_;
    Execution& execution_;
    Accounting& accounting_;
    CensorshipEffects& censorship_;
    AnchorChain anchors_;
    DagRecord dag_;
    Substrate* substrate_ = nullptr;
    Invariants invariants_;
    std::vector<Invariant*> of_queues_;    // those of them that watch queues
    std::vector<Invariant*> of_messages_;  // those that watch messages
    std::uint64_t tasks_due_ = 0;          // known at the end
    Recovery recovery_;
    ExecutedPtr tip_;
    ExecutedPtr before_tip_;  // null at genesis
    std::vector<BlockPtr> history_;
    std::set<Hash32> executed_before_;          // blocks that any node has executed
    std::map<ActorId, ExecutedPtr> accepting_;  // by node: what it is about to accept, or was
    std::set<ActorId> torn_;                    // nodes that died in a write
    std::vector<Violation> violations_;         // at most one per invariant
};

}  // namespace aivm::sim
