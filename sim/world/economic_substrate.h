// The economic fidelity: one virtual chain in place of all validators, and no network. A message is
// handled by its receiver in the instant in which it is sent.
#pragma once

#include "core/base/codec.h"
#include "sim/world/substrate.h"

namespace aivm::sim {

class Accounting;
class ChainWatch;

class EconomicSubstrate final : public Substrate {
public:
    // All must outlive this.
    EconomicSubstrate(RunContext& context, ChainWatch& watch, Accounting& accounting)
        : context_(context),
          watch_(watch),
          accounting_(accounting),
          actors_(context.participants.all.size()),
          silenced_(context.participants.all.size()) {}

    [[nodiscard]] std::unique_ptr<Environment> make_environment(ActorId self) override {
        return std::make_unique<ActorEnvironment<EconomicSubstrate>>(*this, context_, self);
    }
    [[nodiscard]] Status add_validators(Population& population) override;
    void install_client(ActorId id, Actor& actor) override { actors_[id] = &actor; }
    void install_deviating(ActorId, DeviatingValidator&) override {}
    [[nodiscard]] std::uint32_t addressable_validators() const override { return 1; }
    [[nodiscard]] bool is_unsealed() const override { return true; }
    StopReason run(const RunLimits& limits, OnWorldEvent on_world_event) override;
    // check_scenario admits no faults here but those that isolate clients.
    void impose(std::size_t, const PlannedFault& fault) override { isolate(fault.targets); }
    void clear(std::size_t, const PlannedFault& fault) override { rejoin(fault.targets); }
    void isolate(const std::vector<ActorId>& actors) override {
        for (const ActorId actor : actors) ++silenced_[actor];
    }
    void rejoin(const std::vector<ActorId>& actors) override {
        for (const ActorId actor : actors) --silenced_[actor];
    }
    [[nodiscard]] const Vm* vm(ActorId) const override { return nullptr; }
    [[nodiscard]] bool is_cut_off(ActorId) const override { return false; }
    [[nodiscard]] bool accept_stop(ActorId) override { return false; }
    [[nodiscard]] bool has_caught_up(std::uint64_t) const override { return true; }
    [[nodiscard]] std::uint64_t messages() const override { return messages_; }

    [[nodiscard]] TimestampNs clock_of(ActorId validator) const override {
        return this->clock(validator);
    }

    // Called by the environments.
    [[nodiscard]] TimestampNs clock(ActorId) const;
    void send(ActorId from, ActorId to, const Packet& packet) {
        ++messages_;
        if (silenced_[from] != 0 || silenced_[to] != 0) return;
        actors_[to]->receive(from, packet);
    }
    void set_timer(ActorId actor, SimTime delay, std::uint64_t tag) {
        context_.engine.post_in(delay, Priority::kTimer,
                                {actor, static_cast<std::uint16_t>(EventKind::kTimer), tag});
    }

    // Called by the engine for every event.
    void operator()(const Engine::Event& event);

private:
    void on_block(const ExecutedPtr& block, const std::vector<OperationPtr>& censored);

    RunContext& context_;
    ChainWatch& watch_;
    Accounting& accounting_;
    std::vector<Actor*> actors_;           // null for all validators but the first
    std::vector<std::uint32_t> silenced_;  // faults and outages in force, by actor
    std::uint64_t messages_ = 0;
    Writer outcome_;  // of the last block, for the trace
    OnWorldEvent on_world_event_;
};

}  // namespace aivm::sim
