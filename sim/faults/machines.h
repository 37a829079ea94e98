// The machines of a world: whether they are up, their clocks and their disks. Every actor has a
// machine; only those of validators have a disk.
//
// An actor's timers belong to an incarnation of its machine: they fire only in the one that set
// them.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "sim/actors/validator.h"
#include "sim/engine/engine.h"
#include "sim/scenario/fault.h"
#include "sim/storage/sim_disk.h"

namespace aivm::sim {

class Machines {
public:
    // `engine` must outlive this. `on_disk_replaced` is called before the node restarts.
    Machines(const Engine& engine, std::size_t actors,
             std::function<void(ActorId)> on_disk_replaced)
        : engine_(engine), machines_(actors), on_disk_replaced_(std::move(on_disk_replaced)) {}

    // Adds the disk of the next validator.
    SimDisk& add_disk() { return disks_.emplace_back().disk; }
    // Puts the actor on its machine. It must outlive this.
    void install(ActorId id, Actor& actor) { machines_[id].actor = &actor; }
    void install(ActorId id, ValidatorActor& validator) {
        machines_[id].actor = &validator;
        disks_.at(id).validator = &validator;
    }

    // --- Up and down ---
    [[nodiscard]] bool is_up(ActorId id) const { return !machines_[id].down; }
    [[nodiscard]] Actor& actor(ActorId id) const { return *machines_[id].actor; }
    [[nodiscard]] std::uint16_t incarnation(ActorId id) const { return machines_[id].incarnation; }
    void stop(ActorId id);
    void start(ActorId id);
    // The machine has stopped by itself.
    void end_incarnation(ActorId id);

    // --- Clocks ---
    // `plan` must outlive the fault, and identifies it.
    void set_clock_wrong(ActorId id, const FaultPlan& plan);
    void set_clock_right(ActorId id, const FaultPlan& plan);
    // How far the machine's clock is ahead of virtual time; negative when it is behind.
    [[nodiscard]] SimTime clock_error(ActorId id) const;
    // The virtual time that passes until the machine's clock has advanced by `delay`.
    [[nodiscard]] SimTime real_delay(ActorId id, SimTime delay) const;

    // --- Disks ---
    [[nodiscard]] SimDisk& disk(ActorId id) { return disks_.at(id).disk; }
    // Every write takes this much longer, on top of other faults.
    void slow_disk(ActorId id, SimTime delay);
    void end_slow_disk(ActorId id, SimTime delay);
    // Puts an empty disk in its place and starts the node.
    void replace_disk(ActorId id);
    // Writes no longer fail; a node that stopped because one did starts again.
    void end_write_fault(ActorId id);
    // Counts the faults in force that hit the node's disk; such a node may stop by itself.
    void begin_disk_fault(ActorId id) { ++disks_.at(id).faults; }
    void end_disk_fault(ActorId id) { --disks_.at(id).faults; }
    [[nodiscard]] bool has_disk_fault(ActorId id) const {
        return id < disks_.size() && disks_[id].faults != 0;
    }
    // How long messages sent now wait for earlier writes to a slow disk.
    [[nodiscard]] SimTime wait_for_disk(ActorId id) {
        return slow_disk_faults_ == 0 ? 0 : wait_for_slow_disk(id);
    }

private:
    struct WrongClock {
        const FaultPlan* plan = nullptr;
        SimTime since = 0;
        SimTime skew = 0;
        std::uint32_t drift_ppm = 0;
        bool behind = false;
    };
    struct Machine {
        std::vector<WrongClock> clocks;  // the clock faults in force
        Actor* actor = nullptr;
        std::uint16_t incarnation = 0;
        bool down = false;
    };
    struct Disk {
        SimDisk disk;
        const ValidatorActor* validator = nullptr;
        SimTime delay = 0;         // of every write, by the faults in force
        std::uint64_t writes = 0;  // that messages have waited for
        SimTime busy_until = 0;
        std::uint32_t faults = 0;  // in force that hit it
    };

    [[nodiscard]] SimTime wait_for_slow_disk(ActorId id);

    const Engine& engine_;
    std::vector<Machine> machines_;       // by actor
    std::deque<Disk> disks_;              // by validator; a disk never moves
    std::uint32_t slow_disk_faults_ = 0;  // in force, on any disk
    std::function<void(ActorId)> on_disk_replaced_;
};

}  // namespace aivm::sim
