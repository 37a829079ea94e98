// A world of one actor: a clock that the test moves, and all messages and timers of the actor,
// recorded.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "sim/actors/actor.h"

namespace aivm::sim::test {

class FakeEnvironment final : public Environment {
public:
    struct Sent {
        ActorId to = 0;
        Packet packet;
    };
    struct Timer {
        SimTime at = 0;
        std::uint64_t tag = 0;
    };

    [[nodiscard]] SimTime now() const override { return time; }
    [[nodiscard]] TimestampNs clock() const override { return static_cast<TimestampNs>(time); }
    void send(ActorId to, const Packet& packet) override { sent.push_back({to, packet}); }
    void set_timer(SimTime delay, std::uint64_t tag) override {
        timers.push_back({time + delay, tag});
    }
    [[nodiscard]] RandomStream stream(Purpose purpose) const override {
        return RandomStream({1, 9, static_cast<std::uint32_t>(purpose)});
    }

    // Moves the clock to `until`, waking the actor for every timer on the way, in order.
    void pass(Actor& actor, SimTime until) {
        while (true) {
            const auto next = std::ranges::min_element(timers, {}, &Timer::at);
            if (next == timers.end() || next->at > until) break;
            const Timer due = *next;
            timers.erase(next);
            time = due.at;
            actor.wake(due.tag);
        }
        time = until;
    }

    // Bodies of one kind sent so far to validator 0, in order; every other validator got the same.
    template <class Body>
    [[nodiscard]] std::vector<Body> operations() const {
        std::vector<Body> out;
        for (const Sent& one : sent) {
            const auto* packet = std::get_if<OperationPacket>(&one.packet);
            if (packet == nullptr || one.to != 0) continue;
            if (const auto* body = std::get_if<Body>(&packet->operation->body()))
                out.push_back(*body);
        }
        return out;
    }
    // Every operation sent to validator 0 since the last call, for a block.
    std::vector<OperationPtr> take_operations() {
        std::vector<OperationPtr> out;
        for (const Sent& one : sent) {
            const auto* packet = std::get_if<OperationPacket>(&one.packet);
            if (packet != nullptr && one.to == 0) out.push_back(packet->operation);
        }
        sent.clear();
        return out;
    }
    template <class Kind>
    [[nodiscard]] std::vector<std::pair<ActorId, Kind>> packets() const {
        std::vector<std::pair<ActorId, Kind>> out;
        for (const Sent& one : sent) {
            if (const auto* packet = std::get_if<Kind>(&one.packet))
                out.emplace_back(one.to, *packet);
        }
        return out;
    }

    SimTime time = 0;
    std::vector<Sent> sent;
    std::vector<Timer> timers;
};

}  // namespace aivm::sim::test
