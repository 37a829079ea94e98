// The environment of the actors of a world: messages, timers, machines and faults. There is one
// implementation per fidelity, chosen once when the world is built.
//
// An actor reaches its substrate through an Environment made for the concrete class, so sending and
// setting timers cost one virtual call, in either fidelity.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/base/prefetch_call.h"
#include "sim/actors/validator.h"
#include "sim/invariants/invariant.h"
#include "sim/world/run_context.h"

namespace aivm::sim {

// A fault of the scenario with its targets resolved.
struct PlannedFault {
    const FaultPlan* plan = nullptr;
    std::vector<ActorId> targets;  // by ascending id
    SimTime ends_at = 0;
    std::vector<std::vector<ActorId>> sides = {};  // of a partition into groups
};

class DeviatingValidator;  // sim/actors/deviating_validator.h
class Population;

class Substrate {
public:
    Substrate() = default;
    Substrate(const Substrate&) = delete;
    Substrate& operator=(const Substrate&) = delete;
    virtual ~Substrate() = default;

    // --- Building, in this order ---
    [[nodiscard]] virtual std::unique_ptr<Environment> make_environment(ActorId self) = 0;
    // Creates whatever stands for the validators, with the population's help.
    [[nodiscard]] virtual Status add_validators(Population& population) = 0;
    // `actor` must outlive this.
    virtual void install_client(ActorId id, Actor& actor) = 0;
    // What the validator does is decided by this strategy, which must outlive this.
    virtual void install_deviating(ActorId id, DeviatingValidator& strategy) = 0;

    // The validators that clients can address: ids from 0 up to this.
    [[nodiscard]] virtual std::uint32_t addressable_validators() const = 0;
    // Whether clients' operations need neither bytes nor signatures.
    [[nodiscard]] virtual bool is_unsealed() const = 0;

    // --- Running ---
    // Executes events until a limit or the engine's stop(). Those that belong to the world itself
    // go to `on_world_event`.
    using OnWorldEvent = std::function<void(const Engine::Event&)>;
    virtual StopReason run(const RunLimits& limits, OnWorldEvent on_world_event) = 0;

    // `index` identifies the fault; each is imposed once and then cleared once.
    virtual void impose(std::size_t index, const PlannedFault& fault) = 0;
    virtual void clear(std::size_t index, const PlannedFault& fault) = 0;
    // Cuts the actors off from everyone, until rejoin() with the same actors. One call at a time.
    virtual void isolate(const std::vector<ActorId>& actors) = 0;
    virtual void rejoin(const std::vector<ActorId>& actors) = 0;

    // --- Asking ---
    // Null while the validator is down, or where validators have no VM of their own.
    [[nodiscard]] virtual const Vm* vm(ActorId validator) const = 0;
    // The same on a DAG.
    [[nodiscard]] virtual const DagVm* dag_vm(ActorId validator) const {
        static_cast<void>(validator);
        return nullptr;
    }
    // Asks the node of a DAG, which is up, to verify a vertex: for when the run is over.
    [[nodiscard]] virtual Status verify_again(ActorId validator, const VertexPtr& vertex) {
        static_cast<void>(validator), static_cast<void>(vertex);
        return {};
    }
    // Whether the validator can exchange messages with less than half of the stake, its own
    // included.
    [[nodiscard]] virtual bool is_cut_off(ActorId validator) const = 0;
    // The node has stopped by itself. Returns whether a fault in force explains it.
    [[nodiscard]] virtual bool accept_stop(ActorId validator) = 0;
    // Whether what stopped it was the end of its machine in the middle of a write.
    [[nodiscard]] virtual bool died_in_write(ActorId validator) {
        static_cast<void>(validator);
        return false;
    }
    // Whether every validator that runs has seen this many tasks become final.
    [[nodiscard]] virtual bool has_caught_up(std::uint64_t tasks) const = 0;
    [[nodiscard]] virtual std::uint64_t messages() const = 0;
    // What the validator's clock shows.
    [[nodiscard]] virtual TimestampNs clock_of(ActorId validator) const = 0;
    // The block that its engine prefers; nothing while it is down.
    [[nodiscard]] virtual std::optional<Hash32> preferred_of(ActorId validator) const {
        static_cast<void>(validator);
        return std::nullopt;
    }
    [[nodiscard]] virtual Load load() const { return {}; }
};

// The environment of one actor on one kind of substrate.
template <class On>
class ActorEnvironment final : public Environment {
public:
    ActorEnvironment(On& substrate, const RunContext& context, ActorId self)
        : substrate_(substrate), context_(context), self_(self) {}
    [[nodiscard]] SimTime now() const override { return context_.engine.now(); }
    [[nodiscard]] TimestampNs clock() const override { return substrate_.clock(self_); }
    void send(ActorId to, const Packet& packet) override { substrate_.send(self_, to, packet); }
    void prefetch_send(ActorId to) const override {
        if constexpr (requires { substrate_.prefetch_send(self_, to); })
            substrate_.prefetch_send(self_, to);
        keep_prefetches();
    }
    void set_timer(SimTime delay, std::uint64_t tag) override {
        substrate_.set_timer(self_, delay, tag);
    }
    [[nodiscard]] RandomStream stream(Purpose purpose) const override {
        return context_.stream(self_, purpose);
    }

private:
    On& substrate_;
    const RunContext& context_;
    ActorId self_;
};

// Adds the row of an executed event to WorldOptions::events. The event is in the trace already, so
// the digest is the one after it.
void record_event(const RunContext& context, const Engine::Event& event);

}  // namespace aivm::sim
