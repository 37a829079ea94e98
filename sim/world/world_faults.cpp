// Planned faults: whom they hit, what begins and what ends.
#include <algorithm>

#include "sim/world/world_impl.h"

namespace aivm::sim {

std::uint64_t duration_of(const FaultPlan& plan, const ChainSettings& chain) {
    return ends_with_restart(plan.kind) && plan.duration_ns == 0 ? chain.restart_delay_ns
                                                                 : plan.duration_ns;
}

void World::Impl::plan_faults() {
    const auto post = [this](std::uint64_t at_ns, EventKind kind, std::size_t index) {
        engine_.post_at(static_cast<SimTime>(at_ns), Priority::kFault,
                        {kWorldItself, static_cast<std::uint16_t>(kind), index});
    };
    const auto& faults = setting_.scenario.faults;
    faults_in_force_.resize(faults.size());
    for (std::size_t i = 0; i < faults.size(); ++i) {
        post(faults[i].at_ns, EventKind::kFaultBegins, i);
        post(faults[i].at_ns + duration_of(faults[i], setting_.scenario.chain),
             EventKind::kFaultEnds, i);
    }
}

// The nodes that a fault names: validators by index, everybody in its regions, all identities of
// its groups.
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
    for (NodeId node = 0; node < cast_.members.size(); ++node) {
        if (std::ranges::find(plan.groups, cast_.members[node].group.name) != plan.groups.end())
            targets.push_back(node);
    }
    std::ranges::sort(targets);
    const auto repeated = std::ranges::unique(targets);
    targets.erase(repeated.begin(), repeated.end());
    return targets;
}

void World::Impl::begin_fault(std::size_t index) {
    const FaultPlan& plan = setting_.scenario.faults[index];
    const std::vector<NodeId> targets = targets_of(plan);
    if (economic()) {
        silence(targets);  // check_supported lets nothing else through
    } else if (is_network_fault(plan.kind)) {
        faults_in_force_[index] = impose(plan, targets);
        if (isolates(plan.kind)) count_cut_off(targets, true);
    } else {
        for (const NodeId node : targets) break_machine(node, plan);
    }
    notify_invariants([](Invariant& i) { i.on_faults_changed(); });
}

void World::Impl::end_fault(std::size_t index) {
    const FaultPlan& plan = setting_.scenario.faults[index];
    const std::vector<NodeId> targets = targets_of(plan);
    if (economic()) {
        let_speak(targets);
    } else if (is_network_fault(plan.kind)) {
        network_->heal(faults_in_force_[index]);
        if (isolates(plan.kind)) count_cut_off(targets, false);
    } else {
        for (const NodeId node : targets) mend_machine(node, plan);
    }
    notify_invariants([](Invariant& i) { i.on_faults_changed(); });
}

bool World::Impl::is_network_fault(FaultKind kind) {
    return !hits_disk(kind) && kind != FaultKind::kCrash && kind != FaultKind::kClock;
}

bool World::Impl::isolates(FaultKind kind) {
    return kind == FaultKind::kPartition || kind == FaultKind::kEclipse;
}

void World::Impl::count_cut_off(const std::vector<NodeId>& targets, bool begins) {
    for (const NodeId node : targets) {
        if (node < cut_off_.size()) begins ? ++cut_off_[node] : --cut_off_[node];
    }
}

NetworkFault World::Impl::impose(const FaultPlan& plan, const std::vector<NodeId>& targets) {
    switch (plan.kind) {
        case FaultKind::kPartition:
            return network_->partition({targets});
        case FaultKind::kOneWay: {
            std::vector<NodeId> others;
            for (NodeId node = 0; node < cast_.members.size(); ++node) {
                if (!std::ranges::binary_search(targets, node)) others.push_back(node);
            }
            return network_->block_one_way(targets, others);
        }
        case FaultKind::kSlowNode:
            return network_->slow_down(targets, static_cast<SimTime>(plan.delay_ns));
        case FaultKind::kClogged:
            return network_->clog(targets, plan.bandwidth_bps);
        case FaultKind::kFlapping:
            return network_->flap(targets, static_cast<SimTime>(plan.period_ns), engine_.now());
        default:
            AIVM_CHECK(plan.kind == FaultKind::kEclipse);
            return network_->take_down(targets);
    }
}

// --- Machines: they stop, their clocks go wrong, their disks do ---

void World::Impl::end_incarnation(NodeId node) {
    down_[node] = true;
    ++incarnations_[node];
    AIVM_CHECK(incarnations_[node] != 0);  // the timers of the first would ring again
}

void World::Impl::stop_machine(NodeId node) {
    end_incarnation(node);
    actors_[node]->crash();
}

void World::Impl::start_machine(NodeId node) {
    down_[node] = false;
    actors_[node]->restart();
}

void World::Impl::break_machine(NodeId node, const FaultPlan& plan) {
    if (hits_disk(plan.kind)) ++disk_troubles_[node];
    switch (plan.kind) {
        case FaultKind::kCrash:
            return stop_machine(node);
        case FaultKind::kClock:
            clocks_[node].push_back({&plan, engine_.now(), static_cast<SimTime>(plan.skew_ns),
                                     plan.drift_ppm, plan.behind});
            return;
        case FaultKind::kSlowDisk:
            slow_disks_[node].delay += static_cast<SimTime>(plan.delay_ns);
            slow_disks_[node].writes = disks_[node]->writes();
            return;
        case FaultKind::kFailedWrite:
            return disks_[node]->fail_next_write(WriteFault::kFail);
        case FaultKind::kTornWrite:
            // The torn record is found by its checksum and dropped, so the disk is as it was before
            // the write.
            return disks_[node]->fail_next_write(WriteFault::kCrashBefore);
        default: {
            AIVM_CHECK(plan.kind == FaultKind::kBitRot);
            const Desk desk(*this, node);
            disks_[node]->rot(desk.stream(Purpose::kFaults).next_u64());
            return stop_machine(node);
        }
    }
}

void World::Impl::mend_machine(NodeId node, const FaultPlan& plan) {
    switch (plan.kind) {
        case FaultKind::kCrash:
            return start_machine(node);
        case FaultKind::kClock:
            std::erase_if(clocks_[node],
                          [&](const WrongClock& clock) { return clock.plan == &plan; });
            return;
        case FaultKind::kSlowDisk:
            slow_disks_[node].delay -= static_cast<SimTime>(plan.delay_ns);
            break;
        case FaultKind::kFailedWrite:
        case FaultKind::kTornWrite:
            disks_[node]->forget_faults();
            if (validators_[node]->vm() == nullptr) start_machine(node);
            break;
        default:
            AIVM_CHECK(plan.kind == FaultKind::kBitRot);
            // It reads its disk through before it goes on; a disk that has rotted is replaced.
            disks_[node]->is_sound() ? start_machine(node) : replace_disk(node);
            break;
    }
    --disk_troubles_[node];
}

// The node comes back with nothing, and learns the chain from the others.
void World::Impl::replace_disk(NodeId node) {
    disks_[node]->replace();
    notify_invariants([&](Invariant& i) { i.on_disk_replaced(node); });
    start_machine(node);
}

// What a machine's clock is off by.
SimTime World::Impl::clock_error(ActorId actor) const {
    SimTime error = 0;
    for (const WrongClock& clock : clocks_[actor]) {
        __extension__ using Wide = __int128;
        const auto drifted =
            static_cast<SimTime>(Wide{engine_.now() - clock.since} * clock.drift_ppm / 1'000'000);
        error += clock.behind ? -(clock.skew + drifted) : clock.skew + drifted;
    }
    return error;
}

// A timer runs on the machine's own clock: it rings when that has moved on by `delay`.
SimTime World::Impl::real_delay(ActorId actor, SimTime delay) const {
    if (clocks_[actor].empty()) return delay;
    __extension__ using Wide = __int128;
    Wide rate_ppm = 1'000'000;
    for (const WrongClock& clock : clocks_[actor])
        rate_ppm += clock.behind ? -Wide{clock.drift_ppm} : clock.drift_ppm;
    AIVM_CHECK(rate_ppm > 0);
    const Wide real = (Wide{delay} * 1'000'000 + rate_ppm - 1) / rate_ppm;
    return static_cast<SimTime>(std::min(real, Wide{kEndOfTime / 4}));
}

// What a node says waits for the writes that came before it.
SimTime World::Impl::waiting_for_disk(ActorId actor) {
    if (actor >= slow_disks_.size() || slow_disks_[actor].delay == 0) return 0;
    SlowDisk& slow = slow_disks_[actor];
    const std::uint64_t writes = disks_[actor]->writes();
    const auto fresh = static_cast<SimTime>(writes - std::exchange(slow.writes, writes));
    slow.busy_until = std::max(slow.busy_until, engine_.now()) + fresh * slow.delay;
    return slow.busy_until - engine_.now();
}

}  // namespace aivm::sim
