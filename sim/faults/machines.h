// The machines of a world: whether they are up, their clocks and their disks. Every actor has a
// machine; only those of validators have a disk.
//
// Faults of one machine nest. Each begins and ends once; while several are in force the worst one
// counts, and the machine is back when the last one ends that keeps it down or paused.
//
// An actor's timers belong to an incarnation of its machine: they fire only in the one that set
// them.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "sim/actors/deviating_validator.h"
#include "sim/actors/validator.h"
#include "sim/engine/engine.h"
#include "sim/scenario/fault.h"
#include "sim/storage/sim_disk.h"

namespace aivm::sim {

class Machines {
public:
    struct Hooks {
        // The disk has lost something that was written; called before the node restarts.
        std::function<void(ActorId)> on_disk_replaced;
        // What it lost were the last writes, and nothing on it shows that; called after the other.
        std::function<void(ActorId)> on_writes_lost;
        // A pause is over, and the machine handles what it missed.
        std::function<void(ActorId)> on_resumed;
    };
    // `engine` must outlive this.
    Machines(const Engine& engine, std::size_t actors, Hooks hooks)
        : engine_(engine), machines_(actors), hooks_(std::move(hooks)) {}

    // Adds the disk of the next validator.
    SimDisk& add_disk() { return disks_.emplace_back(shared_writes_).disk; }
    // Puts the actor on its machine. It must outlive this.
    void install(ActorId id, Actor& actor) { machines_[id].actor = &actor; }
    // The same; the disk is that of `validator`.
    void install(ActorId id, Actor& actor, ValidatorActor& validator) {
        machines_[id].actor = &actor;
        disks_.at(id).validator = &validator;
    }

    // --- Up and down ---
    [[nodiscard]] bool is_up(ActorId id) const { return !machines_[id].down; }
    [[nodiscard]] Actor& actor(ActorId id) const { return *machines_[id].actor; }
    [[nodiscard]] std::uint16_t incarnation(ActorId id) const { return machines_[id].incarnation; }
    // A fault stops the machine, and keeps it down until as many calls of release().
    void stop(ActorId id);
    void release(ActorId id) { --machines_[id].stops; }
    // The node has stopped by itself, by a fault of its disk. It stays down while one is in force.
    void note_stopped(ActorId id);
    // Starts a machine that no fault keeps down any more. A disk with something unreadable on it is
    // replaced first.
    void recover(ActorId id);
    // A fault pauses the machine until as many calls of resume().
    void pause(ActorId id) { ++machines_[id].pauses; }
    void resume(ActorId id);
    [[nodiscard]] bool is_paused(ActorId id) const { return machines_[id].pauses != 0; }

    // --- Clocks ---
    // `plan` must outlive the fault, and identifies it. Of several the one that is furthest off
    // counts.
    void set_clock_wrong(ActorId id, const FaultPlan& plan);
    void set_clock_right(ActorId id, const FaultPlan& plan);
    // How far the machine's clock is ahead of virtual time; negative when it is behind.
    [[nodiscard]] SimTime clock_error(ActorId id) const;
    // The virtual time that passes until the machine's clock has advanced by `delay`.
    [[nodiscard]] SimTime real_delay(ActorId id, SimTime delay) const;

    // --- Strategies ---
    // What the validator on this machine does is decided by this one, which must outlive this. An
    // identity that is run twice has two.
    void install(ActorId id, DeviatingValidator& strategy) {
        machines_[id].deviating.push_back(&strategy);
    }
    // `plan` identifies the fault, and must be one that the strategies know.
    void deviate(ActorId id, const FaultPlan& plan);
    void end_deviation(ActorId id, const FaultPlan& plan);

    // --- Disks ---
    [[nodiscard]] SimDisk& disk(ActorId id) { return disks_.at(id).disk; }
    // Every write takes this much longer; of several such faults the slowest counts.
    void slow_disk(ActorId id, SimTime delay);
    void end_slow_disk(ActorId id, SimTime delay);
    // A stored value can no longer be read.
    void rot_disk(ActorId id, std::uint64_t run_seed);
    // The machine restarts with an empty disk.
    void lose_disk(ActorId id) { disks_.at(id).lost = true; }
    // The next write meets the fault.
    void begin_write_fault(ActorId id, WriteFault fault);
    void tear_next_write(ActorId id, std::uint64_t run_seed);
    // With the last of them, writes no longer fail.
    void end_write_fault(ActorId id);
    void begin_read_fault(ActorId id);
    void end_read_fault(ActorId id);
    void begin_unsynced(ActorId id, std::uint64_t run_seed);
    // The machine loses its power for an instant; from then on its writes are synced, unless
    // another fault still keeps them from it.
    void cut_power(ActorId id);
    // Replaces the disk if something on it is unreadable; the node restarts if it runs.
    void check_disk(ActorId id);
    // Counts the faults in force for which the node may stop by itself.
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
    };
    struct Machine {
        std::vector<WrongClock> clocks;  // the clock faults in force
        std::vector<DeviatingValidator*> deviating;
        Actor* actor = nullptr;
        std::uint32_t stops = 0;   // faults in force that keep it down
        std::uint32_t pauses = 0;  // faults in force that pause it
        std::uint16_t incarnation = 0;
        bool down = false;
    };
    struct Disk {
        explicit Disk(std::shared_ptr<SharedWrites> shared) : disk(std::move(shared)) {}

        SimDisk disk;
        const ValidatorActor* validator = nullptr;
        std::vector<SimTime> delays;  // of every write, by the faults in force
        std::uint64_t writes = 0;     // that messages have waited for
        SimTime busy_until = 0;
        std::uint32_t faults = 0;  // in force for which the node may stop by itself
        std::uint32_t write_faults = 0;
        std::uint32_t read_faults = 0;
        std::uint32_t unsynced_faults = 0;
        std::uint64_t draws = 0;      // from the seed, for its faults
        bool lost = false;            // it is replaced before the machine starts again
        bool stopped_itself = false;  // the node, which the disk's faults keep down
    };

    void lose_power(ActorId id);
    void end_incarnation(ActorId id);
    [[nodiscard]] SimTime wait_for_slow_disk(ActorId id);
    [[nodiscard]] SimTime error_of(const WrongClock& clock) const;
    [[nodiscard]] const WrongClock* worst_clock(ActorId id) const;
    [[nodiscard]] std::uint64_t draw(ActorId id, std::uint64_t run_seed);

    const Engine& engine_;
    std::vector<Machine> machines_;  // by actor
    std::shared_ptr<SharedWrites> shared_writes_ = std::make_shared<SharedWrites>();
    std::deque<Disk> disks_;              // by validator; a disk never moves
    std::uint32_t slow_disk_faults_ = 0;  // in force, on any disk
    Hooks hooks_;
};

}  // namespace aivm::sim
