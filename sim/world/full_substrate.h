// The full fidelity: every validator is a replica on a machine with a clock and a disk, and
// messages cross a network.
#pragma once

#include <map>

#include "sim/actors/dag_validator.h"
#include "sim/faults/machines.h"
#include "sim/faults/message_faults.h"
#include "sim/faults/scheduled_fault.h"
#include "sim/network/network.h"
#include "sim/world/slot_map.h"
#include "sim/world/substrate.h"

namespace aivm::sim {

class ChainWatch;

class FullSubstrate final : public Substrate {
public:
    // Both must outlive this.
    FullSubstrate(RunContext& context, ChainWatch& watch);

    [[nodiscard]] std::unique_ptr<Environment> make_environment(ActorId self) override {
        return std::make_unique<ActorEnvironment<FullSubstrate>>(*this, context_, self);
    }
    [[nodiscard]] Status add_validators(Population& population) override;
    void install_client(ActorId id, Actor& actor) override { machines_.install(id, actor); }
    void install_deviating(ActorId id, DeviatingValidator& strategy) override {
        machines_.install(id, strategy);
    }
    [[nodiscard]] std::uint32_t addressable_validators() const override {
        return context_.scenario().chain.validators;
    }
    [[nodiscard]] bool is_unsealed() const override { return false; }
    StopReason run(const RunLimits& limits, OnWorldEvent on_world_event) override;
    void impose(std::size_t index, const PlannedFault& fault) override;
    void clear(std::size_t index, const PlannedFault& fault) override;
    void isolate(const std::vector<ActorId>& actors) override {
        isolated_ = network_.take_down(actors);
    }
    void rejoin(const std::vector<ActorId>&) override { network_.clear(isolated_); }
    [[nodiscard]] const Vm* vm(ActorId validator) const override {
        return is_dag() ? nullptr : validators_.at(validator)->vm();
    }
    [[nodiscard]] Status verify_again(ActorId validator, const VertexPtr& vertex) override {
        return dag_validators_.at(validator)->verify_again(vertex);
    }
    [[nodiscard]] const DagVm* dag_vm(ActorId validator) const override {
        return is_dag() ? dag_validators_.at(validator)->vm() : nullptr;
    }
    [[nodiscard]] bool is_cut_off(ActorId validator) const override;
    [[nodiscard]] bool accept_stop(ActorId validator) override;
    [[nodiscard]] bool died_in_write(ActorId validator) override {
        return machines_.disk(validator).down();
    }
    [[nodiscard]] bool has_caught_up(std::uint64_t tasks) const override;
    [[nodiscard]] std::uint64_t messages() const override { return network_.counters().sent; }

    [[nodiscard]] TimestampNs clock_of(ActorId validator) const override {
        return this->clock(validator);
    }
    [[nodiscard]] std::optional<Hash32> preferred_of(ActorId validator) const override;
    [[nodiscard]] Load load() const override;

    // Called by the environments.
    [[nodiscard]] TimestampNs clock(ActorId actor) const;
    void send(ActorId from, ActorId to, const Packet& packet);
    void set_timer(ActorId actor, SimTime delay, std::uint64_t tag);
    void prefetch_send(ActorId from, ActorId to) const {
        if (from != to) network_.prefetch(from, to);
    }

    // Called by the engine for every event.
    void operator()(const Engine::Event& event);
    [[nodiscard]] std::uint64_t payload_digest(const Engine::Event& event) const;
    // Asks for the memory that an event will need soon, one step along the pointers in each stage:
    // with a thousand validators, most of the time of a message would be spent on waiting for it.
    void prefetch(const Engine::Event& event, std::size_t stage) const;

private:
    // One cache line: a message waits for hundreds of thousands of others.
    struct alignas(kCacheLineBytes) PacketInFlight {
        Packet packet = FollowRequest{};
        ActorId from = 0;
        Corruption corruption;
    };
    static_assert(sizeof(PacketInFlight) == kCacheLineBytes);
    // A message that was dropped and will be sent again.
    struct PacketToResend {
        Packet packet = FollowRequest{};
        ActorId to = 0;
        std::uint32_t resends = 0;  // so far
        Fate fate;                  // as decided when it was sent first
    };

    [[nodiscard]] std::uint32_t size_of(const Packet& packet) const;  // on the network, in bytes
    void transmit(MessageInFlight& message, SimTime waiting, std::uint32_t resends);
    void resend(const Engine::Event& event);
    void post(MessageInFlight& message, const Arrivals& arrivals, SimTime waiting);
    void resume(ActorId id);

    [[nodiscard]] bool is_dag() const { return !dag_validators_.empty(); }
    [[nodiscard]] std::size_t validators() const { return context_.scenario().chain.validators; }
    [[nodiscard]] FaultSite site_of(const PlannedFault& fault);
    [[nodiscard]] bool can_exchange(ActorId a, ActorId b) const;

    RunContext& context_;
    ChainWatch& watch_;
    Network network_;
    MessageFaults message_faults_;       // in force
    std::optional<Packet> replacement_;  // of the packet being sent, by a fault
    Machines machines_;
    std::vector<ValidatorActor*> validators_;         // of a chain
    std::vector<DagValidatorActor*> dag_validators_;  // of a DAG
    // Those whose identity is run once. A replica that shares its identity talks to half of the
    // others and need not keep up.
    std::vector<const ValidatorActor*> single_;
    std::vector<const DagValidatorActor*> single_dag_;
    SlotMap<PacketInFlight> packets_;
    SlotMap<PacketToResend> resends_;
    std::map<ActorId, std::vector<EventBody>> held_;                 // events of paused machines
    std::map<std::size_t, std::unique_ptr<ScheduledFault>> faults_;  // in force, by index
    NetworkFault isolated_{};                                        // by isolate()
    OnWorldEvent on_world_event_;
    std::uint64_t validator_messages_ = 0;  // sent from one validator to another
    std::vector<std::uint64_t> timers_;     // pending, by actor
    std::uint64_t step_ = 0;                // messages and timers of the event being handled
    std::uint64_t step_max_ = 0;
    ActorId step_of_ = 0;  // of step_max_
};

}  // namespace aivm::sim
