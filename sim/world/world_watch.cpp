#include <fmt/format.h>

#include <algorithm>

#include "sim/world/world_impl.h"

namespace aivm::sim {
namespace {

constexpr std::uint64_t kStateRootTag = 1;  // of notes in the trace digest
constexpr Height kResultsKept = 96;         // blocks whose shared results are kept behind the tip

}  // namespace

bool World::Impl::cut_off(ActorId validator) const {
    if (cut_off_.at(validator) == 0) return false;
    // Only the smaller side by stake is a minority.
    Amount side;
    Amount total;
    for (std::size_t i = 0; i < cut_off_.size(); ++i) {
        total += setting_.stakes[i];
        if (cut_off_[i] != 0) side += setting_.stakes[i];
    }
    return side + side < total;
}

void World::Impl::violate(const InvariantInfo& invariant, std::string message,
                          std::vector<ActorId> actors) {
    const auto known = std::ranges::find(violations_, invariant.id, &Violation::invariant);
    if (known != violations_.end()) return;  // the first is the one to look at
    Violation violation;
    violation.invariant = std::string(invariant.id);
    violation.name = std::string(invariant.name);
    violation.message = std::move(message);
    violation.time = engine_.now();
    violation.block = chain_tip_->state.head.height;
    violation.event = engine_.events_executed();
    violation.liveness = invariant.liveness;
    for (const ActorId actor : actors) violation.actors.push_back(cast_.directory.name(actor));
    violation.expected =
        std::ranges::find(setting_.scenario.expected_violations, violation.invariant) !=
        setting_.scenario.expected_violations.end();
    if (!violation.expected) {
        unexpected_ = true;
        engine_.stop();
    }
    violations_.push_back(std::move(violation));
}

void World::Impl::find(std::string_view id, const std::string& message) {
    for (const auto& invariant : invariants_) {
        if (invariant->info().id == id) invariant->on_finding(message);
    }
}

void World::Impl::on_verified(ActorId node, const Vm& vm, const ExecutedPtr& executed) {
    if (executed_before_.emplace(executed->id, true).second) {
        const ExecutedPtr parent = vm.executed(executed->block->parent());
        AIVM_CHECK(parent != nullptr);
        notify_invariants([&](Invariant& i) { i.on_executed(*executed, parent->state); });
    }
    notify_invariants([&](Invariant& i) { i.on_verified(node, vm, executed); });
}

void World::Impl::before_accept(ActorId node, const Vm& vm, const ExecutedPtr& executed,
                                AcceptedBy by) {
    notify_invariants([&](Invariant& i) { i.before_accept(node, vm, executed, by); });
}

void World::Impl::on_accepted(ActorId node, const Vm& vm, const ExecutedPtr& executed) {
    if (executed->block->parent() == chain_tip_->id) extend_chain(executed);
    notify_invariants([&](Invariant& i) { i.on_accepted(node, vm, executed); });
}

void World::Impl::extend_chain(const ExecutedPtr& executed) {
    const ExecutedPtr parent = std::exchange(chain_tip_, executed);
    if (options_.keep_history) history_.push_back(executed->block);
    trace_.note(kStateRootTag, executed->state.state_root.view());
    notify_invariants([&](Invariant& i) { i.on_chain(*executed, parent->state); });
    accounting_->accept(*executed, engine_.now());
    consider_outage(*executed);
    if (options_.probe != nullptr) options_.probe->on_block(*executed, engine_.now());
    const Height height = executed->state.head.height;
    if (height > kResultsKept) executor_.forget_below(height - kResultsKept);
}

void World::Impl::before_reject(ActorId node, const Vm& vm, const ExecutedPtr& executed) {
    notify_invariants([&](Invariant& i) { i.before_reject(node, vm, executed); });
}

void World::Impl::on_rejected(ActorId node, const Vm& vm, const ExecutedPtr& executed) {
    notify_invariants([&](Invariant& i) { i.on_rejected(node, vm, executed); });
}

void World::Impl::on_censored(ActorId, const ExecutedPtr& built,
                              const std::vector<OperationPtr>& left_out) {
    accounting_->censored(built->id, left_out);
}

void World::Impl::on_restarted(ActorId node, const Vm& vm) {
    notify_invariants([&](Invariant& i) { i.on_restarted(node, vm); });
}

void World::Impl::on_stopped(ActorId node, const Error& error) {
    if (node < disk_troubles_.size() &&
        disk_troubles_[node] != 0) {  // as it should; the end of the fault brings it back
        end_incarnation(node);
        return;
    }
    find("S14", fmt::format("{} stopped: {}", cast_.directory.name(node), error.text()));
}

}  // namespace aivm::sim
