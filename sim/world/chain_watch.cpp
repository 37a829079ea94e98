#include "sim/world/chain_watch.h"

#include <fmt/format.h>

#include <utility>

namespace aivm::sim {
namespace {

constexpr Height kResultsKept = 96;  // blocks behind the tip whose shared results are kept

}  // namespace

void ChainWatch::begin(Substrate& substrate) {
    substrate_ = &substrate;
    tip_ = execution_.genesis();
    if (context_.options.invariants) invariants_ = make_invariants();
    for (const auto& invariant : invariants_) {
        invariant->attach(*this);
        if (invariant->info().of_queues) of_queues_.push_back(invariant.get());
        if (invariant->info().of_messages) of_messages_.push_back(invariant.get());
    }
    accounting_.accept(*tip_, 0);
}

void ChainWatch::extend(const ExecutedPtr& executed, TraceTag tag, ByteView note) {
    const ExecutedPtr parent = std::exchange(tip_, executed);
    before_tip_ = parent;
    const SimTime now = context_.engine.now();
    context_.note(tag, note);
    notify([&](Invariant& i) { i.on_chain(*executed, parent->state); });
    accounting_.accept(*executed, now);
    anchors_.accept(*executed, now);
    censorship_.on_chain(*executed, *substrate_);
    if (context_.options.probe != nullptr) context_.options.probe->on_block(*executed, now);
}

void ChainWatch::on_healed() {
    if (!recovery_.healed_at()) return;  // nothing is expected
    std::set<ActorId> behind;
    const Height height = tip_->state.head.height;
    for (ActorId node = 0; node < scenario().chain.validators; ++node) {
        const Vm* vm = substrate_->vm(node);
        const DagVm* dag = substrate_->dag_vm(node);
        const Height own = vm != nullptr    ? vm->last_accepted_height()
                           : dag != nullptr ? dag->last_cut_number()
                                            : 0;
        if (correct(node) && own < height) behind.insert(node);
    }
    recovery_.heal(height, std::move(behind), now());
}

void ChainWatch::report_violation(std::string_view invariant, const std::string& message) {
    for (const auto& one : invariants_) {
        if (one->info().id == invariant) one->on_reported(message);
    }
}

void ChainWatch::violate(const InvariantInfo& invariant, std::string message,
                         std::vector<ActorId> actors) {
    const auto known = std::ranges::find(violations_, invariant.id, &Violation::invariant);
    if (known != violations_.end()) return;  // later ones are often consequences of the first
    Violation violation;
    violation.invariant = std::string(invariant.id);
    violation.name = std::string(invariant.name);
    violation.message = std::move(message);
    violation.time = context_.engine.now();
    violation.block = tip_->state.head.height;
    violation.event = context_.engine.events_executed();
    violation.liveness = invariant.liveness;
    for (const ActorId actor : actors) {
        violation.actors.push_back(context_.participants.name(actor));
        violation.owners.push_back(context_.participants.principal_of(actor).label);
    }
    const auto& expected = scenario().expected_violations;
    violation.expected = std::ranges::find(expected, violation.invariant) != expected.end();
    if (!violation.expected) context_.engine.stop();
    violations_.push_back(std::move(violation));
}

std::function<void(Height)> ChainWatch::export_hook() {
    const bool certified =
        scenario().run.fidelity == Fidelity::kFull && engine_of(scenario().chain).voting != nullptr;
    if (!certified) return {};
    return [this](Height block) { notify([&](Invariant& i) { i.on_exported(block); }); };
}

void ChainWatch::on_certificate(ActorId node, const PublishCertificate& certificate) {
    notify([&](Invariant& i) { i.on_certificate(node, certificate); });
    anchors_.certify(certificate.item.height, now());
}

void ChainWatch::on_verified(ActorId node, const Vm& vm, const ExecutedPtr& executed) {
    if (executed_before_.insert(executed->id).second) {
        const ExecutedPtr parent = vm.executed(executed->block->parent());
        AIVM_CHECK(parent != nullptr);
        notify([&](Invariant& i) { i.on_executed(*executed, parent->state); });
    }
    notify([&](Invariant& i) { i.on_verified(node, vm, executed); });
}

void ChainWatch::before_accept(ActorId node, const Vm& vm, const ExecutedPtr& executed,
                               AcceptedBy by) {
    accepting_[node] = executed;
    notify([&](Invariant& i) { i.before_accept(node, vm, executed, by); });
}

void ChainWatch::extend_if_next(const ExecutedPtr& executed) {
    if (executed->block->parent() != tip_->id) return;
    if (context_.options.keep_history) history_.push_back(executed->block);
    extend(executed, TraceTag::kStateRoot, executed->state.state_root.view());
    const Height height = executed->state.head.height;
    if (height > kResultsKept) execution_.executor().forget_below(height - kResultsKept);
}

void ChainWatch::on_accepted(ActorId node, const Vm& vm, const ExecutedPtr& executed) {
    accepting_.erase(node);
    extend_if_next(executed);
    if (recovery_.is_healed() && correct(node))
        recovery_.reach(node, executed->state.head.height, now());
    notify([&](Invariant& i) { i.on_accepted(node, vm, executed); });
}

void ChainWatch::on_settled(ActorId node, const DagVm& vm, const CutResultPtr& result,
                            const ExecutedPtr& shown) {
    const Height number = shown->state.head.height;
    if (correct(node)) dag_.settled(*result, now());
    if (number == tip_->state.head.height + 1) {
        extend(shown, TraceTag::kStateRoot, shown->state.state_root.view());
        if (context_.options.probe != nullptr) {
            const bool contested = std::ranges::any_of(
                result->slice, [&](const VertexPtr& v) { return dag_.is_contested(v->id()); });
            context_.options.probe->on_cut(*result, contested);
        }
        if (number > kResultsKept) execution_.forget_cuts_below(number - kResultsKept);
    }
    if (recovery_.is_healed() && correct(node)) recovery_.reach(node, number, now());
    notify([&](Invariant& i) { i.on_settled(node, vm, *result); });
}

void ChainWatch::before_reject(ActorId node, const Vm& vm, const ExecutedPtr& executed) {
    notify([&](Invariant& i) { i.before_reject(node, vm, executed); });
}

void ChainWatch::on_rejected(ActorId node, const Vm& vm, const ExecutedPtr& executed) {
    notify([&](Invariant& i) { i.on_rejected(node, vm, executed); });
}

void ChainWatch::on_censored(ActorId, const ExecutedPtr& built,
                             const std::vector<OperationPtr>& left_out) {
    accounting_.censored(built->id, left_out);
}

void ChainWatch::on_offered(ActorId node, const QueueView& view, const OperationPtr& operation,
                            const Status& taken) {
    notify_of_queue([&](Invariant& i) { i.on_offered(node, view, operation, taken); });
}

void ChainWatch::on_built(ActorId node, const QueueView& view, const BuiltBlock& built) {
    notify_of_queue([&](Invariant& i) { i.on_built(node, view, built); });
}

void ChainWatch::on_queue_lost(ActorId node) {
    notify_of_queue([&](Invariant& i) { i.on_queue_lost(node); });
}

// A node that stopped while it wrote that it accepted a block may find on its disk that it did.
void ChainWatch::on_restarted(ActorId node, const Vm& vm) {
    note_recovery(node);
    const auto last = accepting_.extract(node);
    if (last && last.mapped()->id == vm.last_accepted()) extend_if_next(last.mapped());
    notify([&](Invariant& i) { i.on_restarted(node, vm); });
}

void ChainWatch::note_recovery(ActorId node) {
    if (torn_.erase(node) != 0 && context_.options.probe != nullptr)
        context_.options.probe->on_torn_write_recovered(node);
}

void ChainWatch::on_stopped(ActorId node, const Error& error) {
    const bool torn = substrate_->died_in_write(node);
    if (substrate_->accept_stop(node)) {
        if (torn) torn_.insert(node);
        return;
    }
    notify([&](Invariant& i) { i.on_stopped(node, error); });
}

}  // namespace aivm::sim
