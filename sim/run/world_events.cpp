#include <algorithm>

#include "sim/run/world_impl.h"

namespace aivm::sim {

void World::Impl::send(ActorId from, ActorId to, Packet packet) {
    if (economic()) {
        ++messages_handed_over_;
        if (silenced_[from] != 0 || silenced_[to] != 0) return;
        return actors_[to]->receive(from, packet);
    }
    if (from == to) {
        const std::uint32_t slot = packets_.put({std::move(packet), from});
        engine_.post_in(0, Priority::kDelivery, {to, static_cast<std::uint16_t>(EventKind::kDelivery), slot});
        return;
    }
    const Transmission transmission{from, to, static_cast<std::uint32_t>(packet_bytes(packet))};
    for (const SimTime arrival : network_->plan(transmission, engine_.now())) {
        const std::uint32_t slot = packets_.put({packet, from});
        engine_.post_at(arrival, Priority::kDelivery, {to, static_cast<std::uint16_t>(EventKind::kDelivery), slot});
    }
}

void World::Impl::set_timer(ActorId actor, SimTime delay, std::uint64_t tag) {
    const std::uint32_t slot = timers_.put({tag, incarnations_[actor]});
    engine_.post_in(delay, Priority::kTimer, {actor, static_cast<std::uint16_t>(EventKind::kTimer), slot});
}

std::uint64_t World::Impl::payload_digest(const Engine::Event& event) const {
    switch (static_cast<EventKind>(event.payload.kind)) {
        case EventKind::kDelivery:
            return packet_digest(packets_.at(event.payload.payload).packet);
        case EventKind::kTimer:
            return timers_.at(event.payload.payload).tag;
        default:
            return event.payload.payload;
    }
}

void World::Impl::operator()(const Engine::Event& event) {
    const ActorId actor = event.payload.actor;
    const std::uint64_t payload = event.payload.payload;
    switch (static_cast<EventKind>(event.payload.kind)) {
        case EventKind::kDelivery: {
            const PacketInFlight arrived = packets_.take(payload);
            if (!down_[actor]) actors_[actor]->receive(arrived.from, arrived.packet);
            break;
        }
        case EventKind::kTimer: {
            const TimerSet timer = timers_.take(payload);
            if (!down_[actor] && timer.incarnation == incarnations_[actor]) actors_[actor]->wake(timer.tag);
            break;
        }
        case EventKind::kFaultBegins:
            begin_fault(payload);
            break;
        case EventKind::kFaultEnds:
            end_fault(payload);
            break;
        case EventKind::kLook:
            look();
            break;
        case EventKind::kOutageEnds:
            end_outage();
            break;
    }
}

// The nodes that a fault names: validators by index, and everybody in its regions.
std::vector<NodeId> World::Impl::targets_of(const FaultPlan& plan) const {
    std::vector<NodeId> targets(plan.validators.begin(), plan.validators.end());
    for (const std::string& region : plan.regions) {
        const auto found = std::ranges::find(setting_.region_names, region);
        AIVM_CHECK(found != setting_.region_names.end());
        const auto index = static_cast<std::uint32_t>(found - setting_.region_names.begin());
        for (NodeId node = 0; node < cast_.members.size(); ++node) {
            if (cast_.members[node].region == index) targets.push_back(node);
        }
    }
    std::ranges::sort(targets);
    const auto repeated = std::ranges::unique(targets);
    targets.erase(repeated.begin(), repeated.end());
    return targets;
}

void World::Impl::begin_fault(std::size_t index) {
    const FaultPlan& plan = setting_.scenario.faults[index];
    const std::vector<NodeId> targets = targets_of(plan);
    switch (plan.kind) {
        case FaultKind::kPartition:
            faults_in_force_[index] = network_->partition({targets});
            for (const NodeId node : targets) {
                if (node < cut_off_.size()) ++cut_off_[node];
            }
            break;
        case FaultKind::kOneWay: {
            std::vector<NodeId> others;
            for (NodeId node = 0; node < cast_.members.size(); ++node) {
                if (!std::ranges::binary_search(targets, node)) others.push_back(node);
            }
            faults_in_force_[index] = network_->block_one_way(targets, others);
            break;
        }
        case FaultKind::kSlowNode:
            faults_in_force_[index] = network_->slow_down(targets, static_cast<SimTime>(plan.delay_ns));
            break;
        case FaultKind::kCrash:
            for (const NodeId node : targets) {
                down_[node] = true;
                ++incarnations_[node];
                actors_[node]->crash();
            }
            break;
    }
    tell_invariants([](Invariant& i) { i.on_faults_changed(); });
}

void World::Impl::end_fault(std::size_t index) {
    const FaultPlan& plan = setting_.scenario.faults[index];
    const std::vector<NodeId> targets = targets_of(plan);
    if (plan.kind == FaultKind::kCrash) {
        for (const NodeId node : targets) {
            down_[node] = false;
            actors_[node]->restart();
        }
    } else {
        network_->heal(faults_in_force_[index]);
    }
    if (plan.kind == FaultKind::kPartition) {
        for (const NodeId node : targets) {
            if (node < cut_off_.size()) --cut_off_[node];
        }
    }
    tell_invariants([](Invariant& i) { i.on_faults_changed(); });
}

// Where a requester submits more than its share of the workload, the number of final tasks does not tell: then whether
// all others are through with theirs. What the one has still open is not waited for.
bool World::Impl::shares_are_final() const {
    std::vector<Address> beyond;
    for (const RequesterActor* requester : requesters_) {
        if (requester->exceeds_share()) beyond.push_back(requester->account());
    }
    if (beyond.empty()) return true;
    const bool all_submitted = std::ranges::all_of(
        requesters_, [](const RequesterActor* one) { return one->exceeds_share() || one->has_submitted_its_share(); });
    bool all_final = true;
    chain_tip_->state.tasks.for_each([&](std::size_t, const Task& task) {
        if (!task.terminal() && std::ranges::find(beyond, task.requester) == beyond.end()) all_final = false;
    });
    return all_submitted && all_final;
}

// Whether all work is final, every fault over, and every running validator has the whole chain but for the newest blocks.
bool World::Impl::finished() const {
    const Totals& totals = chain_tip_->state.head.totals;
    if (totals.tasks_completed + totals.tasks_failed < setting_.scenario.workload.tasks) return false;
    if (!shares_are_final()) return false;
    for (const FaultPlan& plan : setting_.scenario.faults) {
        if (static_cast<SimTime>(plan.at_ns + duration_of(plan, setting_.scenario.chain)) > engine_.now()) return false;
    }
    for (const ValidatorActor* validator : validators_) {
        if (validator->vm() == nullptr) continue;
        const Totals& seen = validator->vm()->state().head.totals;
        if (seen.tasks_completed + seen.tasks_failed < setting_.scenario.workload.tasks) return false;
    }
    return true;
}

void World::Impl::look() {
    if (finished()) return engine_.stop();
    const Totals& totals = chain_tip_->state.head.totals;
    if (options_.progress && !options_.progress(engine_.now(), totals.tasks_completed + totals.tasks_failed)) {
        interrupted_ = true;
        return engine_.stop();
    }
    engine_.post_in(kLookInterval, Priority::kObserver,
                    {kWorldItself, static_cast<std::uint16_t>(EventKind::kLook), 0});
}

}  // namespace aivm::sim
