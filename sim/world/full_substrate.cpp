#include "sim/world/full_substrate.h"

#include <algorithm>

#include "sim/world/chain_watch.h"
#include "sim/world/population.h"

namespace aivm::sim {
namespace {

NetworkLayout layout_of(const RunContext& context) {
    NetworkLayout layout;
    layout.latency = context.setting.latency;
    for (const Participant& one : context.participants.all) layout.region_of.push_back(one.region);
    return layout;
}

}  // namespace

FullSubstrate::FullSubstrate(RunContext& context, ChainWatch& watch)
    : context_(context),
      watch_(watch),
      network_(context.options.seed, context.scenario().network, layout_of(context)),
      machines_(context.engine, context.participants.all.size(),
                [&watch](ActorId node) { watch.on_disk_replaced(node); }),
      faults_(context.scenario().faults.size()),
      isolating_faults_(context.scenario().chain.validators) {}

Status FullSubstrate::add_validators(Population& population) {
    for (ActorId id = 0; id < context_.scenario().chain.validators; ++id) {
        AIVM_ASSIGN(ValidatorActor* const validator,
                    population.add_validator(id, machines_.add_disk(), watch_));
        machines_.install(id, *validator);
        validators_.push_back(validator);
    }
    return {};
}

// --- Messages and timers ---

TimestampNs FullSubstrate::clock(ActorId actor) const {
    return watch_.genesis_time() +
           static_cast<std::uint64_t>(context_.engine.now() + machines_.clock_error(actor));
}

void FullSubstrate::send(ActorId from, ActorId to, const Packet& packet) {
    const SimTime now = context_.engine.now();
    MessageInFlight message{
        .transmission = {from, to, 0}, .packet = &packet, .replacement = replacement_, .now = now};
    SimTime waiting = 0;
    Arrivals arrivals{.times = {now}, .count = 1};  // at once, when sent to itself
    if (from != to) {
        message.transmission.size_bytes = static_cast<std::uint32_t>(packet_bytes(packet));
        apply_by_chance(message, context_.scenario().network, context_.choices);
        for (const MessageFault* fault : message_faults_) fault->apply(message);
        waiting = machines_.wait_for_disk(from);
        arrivals = network_.plan(message.transmission, message.fate, now);
    }
    for (const SimTime arrival : arrivals) {
        const std::uint32_t slot = packets_.put({*message.packet, from});
        context_.engine.post_at(arrival + waiting, Priority::kDelivery,
                                {to, static_cast<std::uint16_t>(EventKind::kDelivery), slot});
    }
}

void FullSubstrate::set_timer(ActorId actor, SimTime delay, std::uint64_t tag) {
    context_.engine.post_in(
        machines_.real_delay(actor, delay), Priority::kTimer,
        {actor, static_cast<std::uint16_t>(EventKind::kTimer), tag, machines_.incarnation(actor)});
}

StopReason FullSubstrate::run(const RunLimits& limits, OnWorldEvent on_world_event) {
    on_world_event_ = std::move(on_world_event);
    return context_.engine.run(*this, limits);
}

std::uint64_t FullSubstrate::payload_digest(const Engine::Event& event) const {
    const std::uint64_t payload = event.payload.payload;
    const bool delivers = static_cast<EventKind>(event.payload.kind) == EventKind::kDelivery;
    return delivers ? packet_digest(packets_.at(payload).packet) : payload;
}

void FullSubstrate::operator()(const Engine::Event& event) {
    const ActorId id = event.payload.actor;
    const std::uint64_t payload = event.payload.payload;
    if (context_.options.events != nullptr) record_event(context_, event);
    switch (static_cast<EventKind>(event.payload.kind)) {
        case EventKind::kDelivery: {
            const PacketInFlight arrived = packets_.take(payload);
            if (machines_.is_up(id)) machines_.actor(id).receive(arrived.from, arrived.packet);
            break;
        }
        case EventKind::kTimer:
            if (machines_.is_up(id) && event.payload.mark == machines_.incarnation(id))
                machines_.actor(id).wake(payload);
            break;
        default:
            on_world_event_(event);
    }
}

// --- Faults ---

FaultSite FullSubstrate::site_of(const PlannedFault& fault) {
    return {.targets = fault.targets,
            .network = network_,
            .message_faults = message_faults_,
            .machines = machines_,
            .now = context_.engine.now(),
            .run_seed = context_.options.seed};
}

void FullSubstrate::impose(std::size_t index, const PlannedFault& fault) {
    FaultSite site = site_of(fault);
    faults_.at(index) = make_fault(*fault.plan);
    faults_[index]->begin(site);
    count_isolated(fault, true);
}

void FullSubstrate::clear(std::size_t index, const PlannedFault& fault) {
    FaultSite site = site_of(fault);
    faults_.at(index)->end(site);
    faults_[index].reset();
    count_isolated(fault, false);
}

void FullSubstrate::count_isolated(const PlannedFault& fault, bool begins) {
    if (!traits_of(fault.plan->kind).isolates) return;
    for (const ActorId id : fault.targets) {
        if (id >= isolating_faults_.size()) continue;
        isolating_faults_[id] += begins ? 1U : ~0U;
    }
}

bool FullSubstrate::is_cut_off(ActorId validator) const {
    if (isolating_faults_.at(validator) == 0) return false;
    Amount side;
    Amount total;
    for (std::size_t i = 0; i < isolating_faults_.size(); ++i) {
        total += context_.setting.stakes[i];
        if (isolating_faults_[i] != 0) side += context_.setting.stakes[i];
    }
    return side + side < total;
}

bool FullSubstrate::accept_stop(ActorId validator) {
    if (!machines_.has_disk_fault(validator)) return false;
    machines_.end_incarnation(validator);  // the end of the fault starts it again
    return true;
}

bool FullSubstrate::has_caught_up(std::uint64_t tasks) const {
    return std::ranges::all_of(validators_, [&](const ValidatorActor* validator) {
        if (validator->vm() == nullptr) return true;
        const Totals& seen = validator->vm()->state().head.totals;
        return seen.tasks_completed + seen.tasks_failed >= tasks;
    });
}

}  // namespace aivm::sim
