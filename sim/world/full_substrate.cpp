#include "sim/world/full_substrate.h"

#include <algorithm>

#include "sim/network/network_layout.h"
#include "sim/world/chain_watch.h"
#include "sim/world/population.h"

namespace aivm::sim {
namespace {

Arrivals at_once(SimTime now) {
    Arrivals arrivals;
    arrivals.times[arrivals.count++] = now;
    return arrivals;
}

}  // namespace

FullSubstrate::FullSubstrate(RunContext& context, ChainWatch& watch)
    : context_(context),
      watch_(watch),
      network_(context.options.seed, context.scenario().network,
               network_layout(context.setting, context.participants)),
      machines_(context.engine, context.participants.all.size(),
                {[&watch](ActorId node) { watch.on_disk_replaced(node); },
                 [&watch](ActorId node) { watch.on_writes_lost(node); },
                 [this](ActorId node) {
                     watch_.on_resumed(node);
                     resume(node);
                 }}),
      timers_(context.participants.all.size()) {}

Status FullSubstrate::add_validators(Population& population) {
    const bool of_dag = engine_row(context_.scenario().chain.consensus).of_dag;
    for (ActorId id = 0; id < validators(); ++id) {
        if (of_dag) {
            AIVM_ASSIGN(const auto added,
                        population.add_dag_validator(id, machines_.add_disk(), watch_));
            machines_.install(id, *added.actor);
            dag_validators_.push_back(added.validator);
            if (added.actor == added.validator) single_dag_.push_back(added.validator);
            continue;
        }
        AIVM_ASSIGN(const auto added, population.add_validator(id, machines_.add_disk(), watch_));
        machines_.install(id, *added.actor, *added.validator);
        validators_.push_back(added.validator);
        if (added.actor == added.validator) single_.push_back(added.validator);
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
    MessageInFlight message{.transmission = {from, to, 0},
                            .packet = &packet,
                            .replacement = replacement_,
                            .now = now,
                            .choices = &context_.choices};
    ++step_;
    if (from == to) return post(message, at_once(now), 0);
    if (from < validators() && to < validators()) ++validator_messages_;
    message.transmission.size_bytes = size_of(packet);
    apply_by_chance(message, network_.link(from, to), context_.choices);
    for (const MessageFault* fault : message_faults_) fault->apply(message);
    transmit(message, machines_.wait_for_disk(from), 0);
}

std::uint32_t FullSubstrate::size_of(const Packet& packet) const {
    return static_cast<std::uint32_t>(
        packet_bytes(packet, context_.scenario().chain.certificate_bytes));
}

void FullSubstrate::transmit(MessageInFlight& message, SimTime waiting, std::uint32_t resends) {
    const auto [from, to, size] = message.transmission;
    const Arrivals arrivals = network_.plan(message.transmission, message.fate, message.now);
    post(message, arrivals, waiting);
    const NetworkSettings& settings = context_.scenario().network;
    if (!arrivals.dropped || resends >= settings.resends) return;
    const SimTime patience =
        network_.round_trip(from, to) + static_cast<SimTime>(settings.resend_after_ns);
    // Doubled every time, and never later than any run.
    const SimTime delay =
        patience >= Network::kNever >> resends ? Network::kNever : patience << resends;
    const std::uint32_t slot = resends_.put({*message.packet, to, resends + 1, message.fate});
    context_.engine.post_in(
        delay + waiting, Priority::kTimer,
        {from, static_cast<std::uint16_t>(EventKind::kResend), slot, machines_.incarnation(from)});
}

// What the first sending decided stays; whether it is lost is asked again, and the faults that are
// in force now apply. A sender that has crashed since does not send it again.
void FullSubstrate::resend(const Engine::Event& event) {
    const ActorId from = event.payload.actor;
    const PacketToResend waiting = resends_.take(event.payload.payload);
    if (!machines_.is_up(from) || event.payload.mark != machines_.incarnation(from)) return;
    MessageInFlight message{.transmission = {from, waiting.to, size_of(waiting.packet)},
                            .packet = &waiting.packet,
                            .replacement = replacement_,
                            .now = context_.engine.now(),
                            .choices = &context_.choices};
    message.fate.duplicated = waiting.fate.duplicated;
    message.fate.reordered = waiting.fate.reordered;
    message.fate.corrupted = waiting.fate.corrupted;
    apply_to_resent(message, network_.link(from, waiting.to), context_.choices);
    for (const MessageFault* fault : message_faults_) fault->apply(message);
    transmit(message, 0, waiting.resends);
}

void FullSubstrate::post(MessageInFlight& message, const Arrivals& arrivals, SimTime waiting) {
    Corruption corruption = arrivals.corruption;
    Probe* const probe = context_.options.probe;
    const auto [from, to, size] = message.transmission;
    if (probe != nullptr && from != to && arrivals.begin() == arrivals.end())
        probe->on_message(from, to, message.now, std::nullopt);
    for (const SimTime arrival : arrivals) {
        if (probe != nullptr && from != to)
            probe->on_message(from, to, message.now, arrival + waiting);
        const std::uint32_t slot =
            packets_.put({*message.packet, message.transmission.from, corruption});
        context_.engine.post_at(
            arrival + waiting, Priority::kDelivery,
            {message.transmission.to, static_cast<std::uint16_t>(EventKind::kDelivery), slot});
        corruption = {};  // only the first copy
    }
}

void FullSubstrate::set_timer(ActorId actor, SimTime delay, std::uint64_t tag) {
    ++step_;
    ++timers_[actor];
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
    switch (static_cast<EventKind>(event.payload.kind)) {
        case EventKind::kDelivery: {
            const PacketInFlight& arrived = packets_.at(payload);
            const std::uint64_t contents = packet_digest(arrived.packet);
            return arrived.corruption.is_some() ? mix_digest(contents, arrived.corruption.bits)
                                                : contents;
        }
        case EventKind::kResend:
            return packet_digest(resends_.at(payload).packet);
        default:
            return payload;
    }
}

void FullSubstrate::prefetch(const Engine::Event& event, std::size_t stage) const {
    if (static_cast<EventKind>(event.payload.kind) != EventKind::kDelivery) return;
    const ActorId to = event.payload.actor;
    const bool is_validator = to < validators_.size();  // of a chain
    switch (stage) {
        case 3:
            packets_.prefetch(event.payload.payload);
            if (is_validator) validators_[to]->prefetch();
            return;
        case 2: {
            const PacketInFlight& packet = packets_.at(event.payload.payload);
            prefetch_packet(packet.packet);
            if (to != packet.from) network_.prefetch(to, packet.from);
            if (is_validator) validators_[to]->prefetch_engine();
            return;
        }
        case 1:
            if (is_validator)
                validators_[to]->prefetch_state(packets_.at(event.payload.payload).packet);
            return;
        default:
            return;
    }
}

void FullSubstrate::operator()(const Engine::Event& event) {
    const ActorId id = event.payload.actor;
    const std::uint64_t payload = event.payload.payload;
    if (context_.options.events != nullptr) record_event(context_, event);
    const auto kind = static_cast<EventKind>(event.payload.kind);
    const bool is_of_machine =
        kind == EventKind::kDelivery || kind == EventKind::kTimer || kind == EventKind::kResend;
    if (is_of_machine && machines_.is_paused(id)) {
        held_[id].push_back(event.payload);
        return;
    }
    context_.last_second.note(event.time, id, event.payload.kind);
    step_ = 0;
    switch (kind) {
        case EventKind::kDelivery: {
            const PacketInFlight arrived = packets_.take(payload);
            if (!machines_.is_up(id)) break;
            Actor& actor = machines_.actor(id);
            if (arrived.corruption.is_some()) {
                actor.receive_corrupted(arrived.from, arrived.packet, arrived.corruption);
            } else {
                actor.receive(arrived.from, arrived.packet);
            }
            break;
        }
        case EventKind::kTimer:
            --timers_[id];
            if (machines_.is_up(id) && event.payload.mark == machines_.incarnation(id))
                machines_.actor(id).wake(payload);
            break;
        case EventKind::kResend:
            resend(event);
            break;
        default:
            on_world_event_(event);
    }
    // A flood is an adversary's right; validators have to keep within bounds.
    if (step_ > step_max_ && id < validators()) {
        step_max_ = step_;
        step_of_ = id;
    }
}

Load FullSubstrate::load() const {
    const auto most = std::ranges::max_element(timers_);
    return {.validator_messages = validator_messages_,
            .events_pending = context_.engine.events_pending(),
            .timers_max = *most,
            .timers_of = static_cast<ActorId>(most - timers_.begin()),
            .step_max = step_max_,
            .step_of = step_of_};
}

std::optional<Hash32> FullSubstrate::preferred_of(ActorId validator) const {
    if (is_dag()) return std::nullopt;
    const ConsensusEngine* engine = validators_.at(validator)->engine();
    return engine == nullptr ? std::nullopt : std::optional(engine->preferred().id);
}

// What a machine missed during a pause happens at its end, in the same order.
void FullSubstrate::resume(ActorId id) {
    const auto held = held_.find(id);
    if (held == held_.end()) return;
    for (const EventBody& body : held->second) {
        const bool delivers = static_cast<EventKind>(body.kind) == EventKind::kDelivery;
        context_.engine.post_in(0, delivers ? Priority::kDelivery : Priority::kTimer, body);
    }
    held_.erase(held);
}

// --- Faults ---

FaultSite FullSubstrate::site_of(const PlannedFault& fault) {
    return {.targets = fault.targets,
            .network = network_,
            .message_faults = message_faults_,
            .machines = machines_,
            .now = context_.engine.now(),
            .run_seed = context_.options.seed,
            .sides = &fault.sides};
}

void FullSubstrate::impose(std::size_t index, const PlannedFault& fault) {
    FaultSite site = site_of(fault);
    faults_[index] = make_fault(*fault.plan);
    faults_[index]->begin(site);
}

void FullSubstrate::clear(std::size_t index, const PlannedFault& fault) {
    FaultSite site = site_of(fault);
    faults_.at(index)->end(site);
    faults_.erase(index);
}

bool FullSubstrate::can_exchange(ActorId a, ActorId b) const {
    return a == b ||
           (machines_.is_up(b) && network_.is_reachable(a, b) && network_.is_reachable(b, a));
}

bool FullSubstrate::is_cut_off(ActorId validator) const {
    if (faults_.empty() && !network_.has_blocked_links()) return false;
    Amount side;
    Amount total;
    for (ActorId other = 0; other < validators(); ++other) {
        const Amount stake = context_.setting.stakes[other];
        total += stake;
        if (can_exchange(validator, other)) side += stake;
    }
    return side + side < total;
}

bool FullSubstrate::accept_stop(ActorId validator) {
    if (!machines_.has_disk_fault(validator)) return false;
    machines_.note_stopped(validator);  // the end of the fault starts it again
    return true;
}

bool FullSubstrate::has_caught_up(std::uint64_t tasks) const {
    const bool dag_has = std::ranges::all_of(single_dag_, [&](const auto* validator) {
        if (validator->vm() == nullptr) return true;
        const Totals& seen = validator->vm()->state().head.totals;
        return seen.tasks_completed + seen.tasks_failed >= tasks;
    });
    if (!dag_has) return false;
    return std::ranges::all_of(single_, [&](const ValidatorActor* validator) {
        if (validator->vm() == nullptr) return true;
        const Totals& seen = validator->vm()->state().head.totals;
        return seen.tasks_completed + seen.tasks_failed >= tasks;
    });
}

}  // namespace aivm::sim
