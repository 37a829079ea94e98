#include <algorithm>

#include "sim/world/world_impl.h"

namespace aivm::sim {

void World::Impl::send(ActorId from, ActorId to, const Packet& packet) {
    if (economic()) {
        ++messages_handed_over_;
        if (silenced_[from] != 0 || silenced_[to] != 0) return;
        return actors_[to]->receive(from, packet);
    }
    if (from == to) {
        const std::uint32_t slot = packets_.put({packet, from});
        engine_.post_in(0, Priority::kDelivery,
                        {to, static_cast<std::uint16_t>(EventKind::kDelivery), slot});
        return;
    }
    const Transmission transmission{from, to, static_cast<std::uint32_t>(packet_bytes(packet))};
    const SimTime waiting = waiting_for_disk(from);
    for (const SimTime arrival : network_->plan(transmission, engine_.now())) {
        const std::uint32_t slot = packets_.put({packet, from});
        engine_.post_at(arrival + waiting, Priority::kDelivery,
                        {to, static_cast<std::uint16_t>(EventKind::kDelivery), slot});
    }
}

void World::Impl::set_timer(ActorId actor, SimTime delay, std::uint64_t tag) {
    engine_.post_in(
        real_delay(actor, delay), Priority::kTimer,
        {actor, static_cast<std::uint16_t>(EventKind::kTimer), tag, incarnations_[actor]});
}

std::uint64_t World::Impl::payload_digest(const Engine::Event& event) const {
    const std::uint64_t payload = event.payload.payload;
    const bool delivers = static_cast<EventKind>(event.payload.kind) == EventKind::kDelivery;
    return delivers ? packet_digest(packets_.at(payload).packet) : payload;
}

void World::Impl::operator()(const Engine::Event& event) {
    const ActorId actor = event.payload.actor;
    const std::uint64_t payload = event.payload.payload;
    if (options_.events != nullptr) record_event(event);
    switch (static_cast<EventKind>(event.payload.kind)) {
        case EventKind::kDelivery: {
            const PacketInFlight arrived = packets_.take(payload);
            if (!down_[actor]) actors_[actor]->receive(arrived.from, arrived.packet);
            break;
        }
        case EventKind::kTimer:
            if (!down_[actor] && event.payload.mark == incarnations_[actor])
                actors_[actor]->wake(payload);
            break;
        case EventKind::kFaultBegins:
            begin_fault(payload);
            break;
        case EventKind::kFaultEnds:
            end_fault(payload);
            break;
        case EventKind::kSample:
            look();
            break;
        case EventKind::kOutageEnds:
            end_outage();
            break;
    }
}

// The event is in the trace already, so the digest is the one after it.
void World::Impl::record_event(const Engine::Event& event) {
    EventRow row;
    row.sequence = engine_.events_executed();
    row.time_ns = static_cast<std::uint64_t>(event.time);
    row.actor = event.payload.actor;
    row.kind = std::string(event_name(event.payload.kind));
    row.digest = trace_.digest().hex();
    options_.events->add(row);
}

// Where a requester submits more than its share of the workload, the number of final tasks does not
// tell: then whether all others are through with theirs. What the one has still open is not waited
// for.
bool World::Impl::shares_are_final() const {
    std::vector<Address> beyond;
    for (const RequesterActor* requester : requesters_) {
        if (requester->exceeds_share()) beyond.push_back(requester->account());
    }
    if (beyond.empty()) return true;
    const bool all_submitted = std::ranges::all_of(requesters_, [](const RequesterActor* one) {
        return one->exceeds_share() || one->has_submitted_its_share();
    });
    bool all_final = true;
    chain_tip_->state.tasks.for_each([&](std::size_t, const Task& task) {
        if (!task.terminal() && std::ranges::find(beyond, task.requester) == beyond.end())
            all_final = false;
    });
    return all_submitted && all_final;
}

// Whether all work is final, every fault over, and every running validator has the whole chain but
// for the newest blocks.
bool World::Impl::finished() const {
    const Totals& totals = chain_tip_->state.head.totals;
    if (totals.tasks_completed + totals.tasks_failed < setting_.scenario.workload.tasks)
        return false;
    if (!shares_are_final()) return false;
    for (const FaultPlan& plan : setting_.scenario.faults) {
        if (static_cast<SimTime>(plan.at_ns + duration_of(plan, setting_.scenario.chain)) >
            engine_.now())
            return false;
    }
    for (const ValidatorActor* validator : validators_) {
        if (validator->vm() == nullptr) continue;
        const Totals& seen = validator->vm()->state().head.totals;
        if (seen.tasks_completed + seen.tasks_failed < setting_.scenario.workload.tasks)
            return false;
    }
    return true;
}

void World::Impl::look() {
    if (finished()) return engine_.stop();
    const Totals& totals = chain_tip_->state.head.totals;
    if (options_.progress &&
        !options_.progress(engine_.now(), totals.tasks_completed + totals.tasks_failed)) {
        interrupted_ = true;
        return engine_.stop();
    }
    engine_.post_in(kLookInterval, Priority::kObserver,
                    {kWorldItself, static_cast<std::uint16_t>(EventKind::kSample), 0});
}

}  // namespace aivm::sim
