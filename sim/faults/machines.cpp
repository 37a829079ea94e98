#include "sim/faults/machines.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace aivm::sim {
namespace {

__extension__ using SignedWide = __int128;

}  // namespace

void Machines::end_incarnation(ActorId id) {
    Machine& machine = machines_[id];
    machine.down = true;
    ++machine.incarnation;
    AIVM_CHECK(machine.incarnation != 0);  // otherwise the timers of the first would fire again
}

void Machines::stop(ActorId id) {
    end_incarnation(id);
    actor(id).crash();
}

void Machines::start(ActorId id) {
    machines_[id].down = false;
    actor(id).restart();
}

void Machines::set_clock_wrong(ActorId id, const FaultPlan& plan) {
    machines_[id].clocks.push_back(
        {&plan, engine_.now(), static_cast<SimTime>(plan.skew_ns), plan.drift_ppm, plan.behind});
}

void Machines::set_clock_right(ActorId id, const FaultPlan& plan) {
    std::erase_if(machines_[id].clocks,
                  [&](const WrongClock& clock) { return clock.plan == &plan; });
}

SimTime Machines::clock_error(ActorId id) const {
    SimTime error = 0;
    for (const WrongClock& clock : machines_[id].clocks) {
        const auto drifted = static_cast<SimTime>(SignedWide{engine_.now() - clock.since} *
                                                  clock.drift_ppm / 1'000'000);
        error += clock.behind ? -(clock.skew + drifted) : clock.skew + drifted;
    }
    return error;
}

SimTime Machines::real_delay(ActorId id, SimTime delay) const {
    const Machine& machine = machines_[id];
    if (machine.clocks.empty()) return delay;
    SignedWide rate_ppm = 1'000'000;
    for (const WrongClock& clock : machine.clocks)
        rate_ppm += clock.behind ? -SignedWide{clock.drift_ppm} : clock.drift_ppm;
    AIVM_CHECK(rate_ppm > 0);
    const SignedWide real = (SignedWide{delay} * 1'000'000 + rate_ppm - 1) / rate_ppm;
    return static_cast<SimTime>(std::min(real, SignedWide{kEndOfTime / 4}));
}

void Machines::slow_disk(ActorId id, SimTime delay) {
    Disk& disk = disks_.at(id);
    disk.delay += delay;
    disk.writes = disk.disk.writes();
    ++slow_disk_faults_;
}

void Machines::end_slow_disk(ActorId id, SimTime delay) {
    disks_.at(id).delay -= delay;
    --slow_disk_faults_;
}

void Machines::replace_disk(ActorId id) {
    disk(id).replace();
    on_disk_replaced_(id);
    start(id);
}

void Machines::end_write_fault(ActorId id) {
    disk(id).forget_faults();
    if (disks_[id].validator->vm() == nullptr) start(id);
}

SimTime Machines::wait_for_slow_disk(ActorId id) {
    if (id >= disks_.size() || disks_[id].delay == 0) return 0;
    Disk& disk = disks_[id];
    const std::uint64_t writes = disk.disk.writes();
    const auto fresh = static_cast<SimTime>(writes - std::exchange(disk.writes, writes));
    disk.busy_until = std::max(disk.busy_until, engine_.now()) + fresh * disk.delay;
    return disk.busy_until - engine_.now();
}

}  // namespace aivm::sim
