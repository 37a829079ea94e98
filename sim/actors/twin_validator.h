// One identity run twice, as by an operator whose failed node was replaced and came back: two
// replicas with one key, each with a disk of its own. One talks to the validators and clients with
// an even id, the other to those with an odd one; neither knows what the other signs.
//
// The replicas are validators of a chain or of a DAG; the observer sees the first one alone.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>

#include "sim/actors/actor.h"
#include "sim/actors/node_observer.h"
#include "sim/storage/sim_disk.h"

namespace aivm::sim {

class TwinValidator final : public Actor {
public:
    // What replica 0 or 1 is made with, in the place of what an honest validator would have.
    struct Replica {
        std::size_t number = 0;
        Environment& environment;
        SimDisk& disk;
        NodeObserver& observer;
    };
    using MakeReplica = std::function<std::unique_ptr<Actor>(const Replica&)>;
    // `environment`, `disk` and `observer` are those of the only replica that an honest validator
    // would have.
    TwinValidator(ActorId self, Environment& environment, SimDisk& disk, NodeObserver& observer,
                  const MakeReplica& make);
    ~TwinValidator() override;

    void start() override;
    void receive(ActorId from, const Packet& packet) override;
    void receive_corrupted(ActorId from, const Packet& packet,
                           const Corruption& corruption) override;
    void wake(std::uint64_t tag) override;
    void crash() override;
    void restart() override;

private:
    // What one replica can reach: its half of the others, and timers apart from the other's.
    class Half;

    struct Timer {
        std::size_t replica = 0;
        std::uint64_t tag = 0;
    };

    static std::size_t half_of(ActorId other) { return other % 2; }

    Environment& environment_;
    ActorId self_;
    SimDisk second_disk_;
    std::map<std::uint64_t, Timer> timers_;
    std::uint64_t next_timer_ = 0;
    std::unique_ptr<NodeObserver> unobserved_;
    std::array<std::unique_ptr<Half>, 2> halves_;
    std::array<std::unique_ptr<Actor>, 2> replicas_;
};

}  // namespace aivm::sim
