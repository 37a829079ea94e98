#include "sim/faults/machines.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/mutant.h"

namespace aivm::sim {
namespace {

__extension__ using SignedWide = __int128;

// Sums of delays are cut off here, later than any run.
constexpr SimTime kFarAway = kEndOfTime / 4;

}  // namespace

// --- Up and down ---

void Machines::end_incarnation(ActorId id) {
    Machine& machine = machines_[id];
    machine.down = true;
    ++machine.incarnation;
    AIVM_CHECK(machine.incarnation != 0);  // otherwise the timers of the first would fire again
}

void Machines::stop(ActorId id) {
    Machine& machine = machines_[id];
    ++machine.stops;
    if (machine.down) return;
    end_incarnation(id);
    machine.actor->crash();
    if (id < disks_.size()) lose_power(id);
}

void Machines::lose_power(ActorId id) {
    if (!disks_[id].disk.lose_power()) return;
    hooks_.on_disk_replaced(id);
    if (disks_[id].disk.is_sound()) hooks_.on_writes_lost(id);
}

void Machines::note_stopped(ActorId id) {
    end_incarnation(id);
    Disk& one = disks_.at(id);
    one.stopped_itself = true;
    // Its machine died in a write.
    if (one.disk.down()) lose_power(id);
}

void Machines::recover(ActorId id) {
    Machine& machine = machines_[id];
    const bool stays = !machine.down || machine.stops != 0 || machine.pauses != 0;
    if (stays && !AIVM_MUTANT(B4)) return;
    if (id < disks_.size()) {
        Disk& disk = disks_[id];
        // A node that stopped by itself did so for a fault that may still be in force. One that was
        // stopped tries again.
        if (disk.stopped_itself && disk.faults != 0) return;
        disk.stopped_itself = false;
        if (disk.lost || !disk.disk.is_sound()) {
            disk.disk.replace();
            disk.lost = false;
            hooks_.on_disk_replaced(id);
        }
    }
    machine.down = false;
    machine.actor->restart();
}

void Machines::resume(ActorId id) {
    Machine& machine = machines_[id];
    AIVM_CHECK(machine.pauses != 0);
    if (--machine.pauses == 0) hooks_.on_resumed(id);
}

// --- Strategies ---

void Machines::deviate(ActorId id, const FaultPlan& plan) {
    for (DeviatingValidator* const strategy : machines_[id].deviating) strategy->begin(plan);
}

void Machines::end_deviation(ActorId id, const FaultPlan& plan) {
    for (DeviatingValidator* const strategy : machines_[id].deviating) strategy->end(plan);
}

// --- Clocks ---

void Machines::set_clock_wrong(ActorId id, const FaultPlan& plan) {
    machines_[id].clocks.push_back({&plan, engine_.now()});
}

void Machines::set_clock_right(ActorId id, const FaultPlan& plan) {
    std::erase_if(machines_[id].clocks,
                  [&](const WrongClock& clock) { return clock.plan == &plan; });
}

SimTime Machines::error_of(const WrongClock& clock) const {
    const FaultPlan& plan = *clock.plan;
    const SimTime passed = engine_.now() - clock.since;
    auto error = static_cast<SimTime>(plan.skew_ns);
    if (plan.kind == FaultKind::kClockJumps) {
        const auto period = static_cast<SimTime>(plan.period_ns);
        if (passed % period >= period / 2) error = 0;
    }
    error += static_cast<SimTime>(SignedWide{passed} * plan.drift_ppm / 1'000'000);
    return plan.behind ? -error : error;
}

const Machines::WrongClock* Machines::worst_clock(ActorId id) const {
    const std::vector<WrongClock>& clocks = machines_[id].clocks;
    const auto size = [this](const WrongClock& clock) {
        const SimTime error = error_of(clock);
        return error < 0 ? -error : error;
    };
    const auto worst = std::ranges::max_element(clocks, {}, size);
    return worst == clocks.end() ? nullptr : &*worst;
}

SimTime Machines::clock_error(ActorId id) const {
    const WrongClock* const clock = worst_clock(id);
    return clock == nullptr ? 0 : error_of(*clock);
}

SimTime Machines::real_delay(ActorId id, SimTime delay) const {
    const WrongClock* const clock = worst_clock(id);
    if (clock == nullptr) return delay;
    const SignedWide drift = clock->plan->drift_ppm;
    const SignedWide rate_ppm = 1'000'000 + (clock->plan->behind ? -drift : drift);
    AIVM_CHECK(rate_ppm > 0);
    const SignedWide real = (SignedWide{delay} * 1'000'000 + rate_ppm - 1) / rate_ppm;
    return static_cast<SimTime>(std::min(real, SignedWide{kFarAway}));
}

// --- Disks ---

void Machines::slow_disk(ActorId id, SimTime delay) {
    Disk& disk = disks_.at(id);
    if (disk.delays.empty()) disk.writes = disk.disk.writes();
    disk.delays.push_back(delay);
    ++slow_disk_faults_;
}

void Machines::end_slow_disk(ActorId id, SimTime delay) {
    std::vector<SimTime>& delays = disks_.at(id).delays;
    const auto ended = std::ranges::find(delays, delay);
    AIVM_CHECK(ended != delays.end());
    delays.erase(ended);
    --slow_disk_faults_;
}

SimTime Machines::wait_for_slow_disk(ActorId id) {
    if (id >= disks_.size() || disks_[id].delays.empty()) return 0;
    Disk& disk = disks_[id];
    const std::uint64_t writes = disk.disk.writes();
    const std::uint64_t fresh = writes - std::exchange(disk.writes, writes);
    const SimTime each = *std::ranges::max_element(disk.delays);
    const SignedWide busy_until = SignedWide{std::max(disk.busy_until, engine_.now())} +
                                  SignedWide{static_cast<SimTime>(fresh)} * each;
    disk.busy_until = static_cast<SimTime>(std::min(busy_until, SignedWide{kFarAway}));
    return disk.busy_until - engine_.now();
}

// The numbers of one node's disk faults do not depend on those of another node. The first is that
// of a stream of its own, which keeps the first fault of a run as it was.
std::uint64_t Machines::draw(ActorId id, std::uint64_t run_seed) {
    RandomStream random({run_seed, id, static_cast<std::uint32_t>(Purpose::kFaults)});
    std::uint64_t drawn = random.next_u64();
    for (std::uint64_t i = 0; i < disks_.at(id).draws; ++i) drawn = random.next_u64();
    ++disks_[id].draws;
    return drawn;
}

void Machines::rot_disk(ActorId id, std::uint64_t run_seed) { disk(id).rot(draw(id, run_seed)); }

void Machines::begin_write_fault(ActorId id, WriteFault fault) {
    ++disks_.at(id).write_faults;
    disk(id).fail_next_write(fault);
}

void Machines::tear_next_write(ActorId id, std::uint64_t run_seed) {
    const bool record_is_whole = draw(id, run_seed) % 2 == 0;
    begin_write_fault(id, record_is_whole ? WriteFault::kCrashAfter : WriteFault::kCrashBefore);
}

void Machines::end_write_fault(ActorId id) {
    Disk& one = disks_.at(id);
    AIVM_CHECK(one.write_faults != 0);
    if (--one.write_faults == 0) one.disk.forget_faults();
}

void Machines::begin_read_fault(ActorId id) {
    ++disks_.at(id).read_faults;
    disk(id).set_reads_fail(true);
}

void Machines::end_read_fault(ActorId id) {
    Disk& one = disks_.at(id);
    AIVM_CHECK(one.read_faults != 0);
    if (--one.read_faults == 0) one.disk.set_reads_fail(false);
}

void Machines::begin_unsynced(ActorId id, std::uint64_t run_seed) {
    ++disks_.at(id).unsynced_faults;
    disk(id).begin_unsynced(draw(id, run_seed));
}

void Machines::cut_power(ActorId id) {
    stop(id);
    Disk& one = disks_.at(id);
    AIVM_CHECK(one.unsynced_faults != 0);
    if (--one.unsynced_faults == 0) one.disk.end_unsynced();
    release(id);
}

void Machines::check_disk(ActorId id) {
    if (disk(id).is_sound()) return;
    stop(id);
    release(id);
}

}  // namespace aivm::sim
