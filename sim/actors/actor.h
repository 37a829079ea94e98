// Actors, and the environment that is all they can reach of the world. An actor sees what a real
// node would: its messages, clock, timers and randomness; validators also have a disk.
#pragma once

#include "sim/actors/packet.h"
#include "sim/engine/random_stream.h"
#include "sim/engine/time.h"
#include "sim/network/corruption.h"

namespace aivm::sim {

// The purposes for which an actor draws random numbers; each has a stream of its own.
enum class Purpose : std::uint32_t {
    kConsensus = 1,
    kStrategy = 2,
    kWorkload = 3,
    kSalt = 4,
    kCensorship = 5,
    kOrphaning = 6,
    kArrivals = 7,
    kWorkTime = 8,
    kFaults = 9,
    kAccelerator = 10,
    kAcceleratorTime = 11,
    kAnchors = 12,
    kPrice = 13,
    kDeviation = 14,
};

class Environment {
public:
    virtual ~Environment() = default;
    [[nodiscard]] virtual SimTime now() const = 0;
    // The actor's own clock, as a block timestamp.
    [[nodiscard]] virtual TimestampNs clock() const = 0;
    virtual void send(ActorId to, const Packet& packet) = 0;
    // Asks for the memory that a message to this actor, sent soon, will need.
    virtual void prefetch_send(ActorId to) const { static_cast<void>(to); }
    // Calls wake(tag) after `delay` >= 0, unless the actor crashes before. Tags may repeat.
    virtual void set_timer(SimTime delay, std::uint64_t tag) = 0;
    [[nodiscard]] virtual RandomStream stream(Purpose purpose) const = 0;
};

class Actor {
public:
    virtual ~Actor() = default;
    virtual void start() = 0;
    virtual void receive(ActorId from, const Packet& packet) = 0;
    // The bits that `corruption` names were flipped on the way. By default the actor finds that out
    // and drops the message, as a checksum does.
    virtual void receive_corrupted(ActorId /*from*/, const Packet& /*packet*/,
                                   const Corruption& /*corruption*/) {}
    virtual void wake(std::uint64_t tag) = 0;
    // The machine stops: everything but the disk is lost. Packets and timers from before the crash
    // never arrive.
    virtual void crash() {}
    virtual void restart() {}
};

}  // namespace aivm::sim
