// The full fidelity: every validator is a replica on a machine with a clock and a disk, and
// messages cross a network.
#pragma once

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
        return validators_.at(validator)->vm();
    }
    [[nodiscard]] bool is_cut_off(ActorId validator) const override;
    [[nodiscard]] bool accept_stop(ActorId validator) override;
    [[nodiscard]] bool has_caught_up(std::uint64_t tasks) const override;
    [[nodiscard]] std::uint64_t messages() const override { return network_.counters().sent; }

    // Called by the environments.
    [[nodiscard]] TimestampNs clock(ActorId actor) const;
    void send(ActorId from, ActorId to, const Packet& packet);
    void set_timer(ActorId actor, SimTime delay, std::uint64_t tag);

    // Called by the engine for every event.
    void operator()(const Engine::Event& event);
    [[nodiscard]] std::uint64_t payload_digest(const Engine::Event& event) const;

private:
    struct PacketInFlight {
        Packet packet = FollowRequest{};
        ActorId from = 0;
    };

    [[nodiscard]] FaultSite site_of(const PlannedFault& fault);
    void count_isolated(const PlannedFault& fault, bool begins);

    RunContext& context_;
    ChainWatch& watch_;
    Network network_;
    MessageFaults message_faults_;       // in force
    std::optional<Packet> replacement_;  // of the packet being sent, by a fault
    Machines machines_;
    std::vector<ValidatorActor*> validators_;
    SlotMap<PacketInFlight> packets_;
    std::vector<std::unique_ptr<ScheduledFault>> faults_;  // begun so far, by index
    std::vector<std::uint32_t> isolating_faults_;          // in force, by validator
    NetworkFault isolated_{};                              // by isolate()
    OnWorldEvent on_world_event_;
};

}  // namespace aivm::sim
