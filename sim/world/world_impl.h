// The inside of a world, which only the world_*.cpp files see: world_build.cpp puts it together,
// world_events.cpp runs it, world_faults.cpp breaks and mends it, world_watch.cpp listens to it,
// world.cpp starts and closes it.
#pragma once

#include <map>

#include "gpu/simd/simd_kernels.h"
#include "sim/actors/censorship.h"
#include "sim/actors/requester.h"
#include "sim/actors/side_channel.h"
#include "sim/actors/validator.h"
#include "sim/actors/virtual_chain.h"
#include "sim/engine/choice_sources.h"
#include "sim/engine/engine.h"
#include "sim/invariants/checked_kernels.h"
#include "sim/invariants/invariant.h"
#include "sim/network/network.h"
#include "sim/scenario/participants.h"
#include "sim/world/accounting.h"
#include "sim/world/caching_kernels.h"
#include "sim/world/shared_executor.h"
#include "sim/world/slot_map.h"
#include "sim/world/world.h"

namespace aivm::sim {

enum class EventKind : std::uint16_t {
    kDelivery,
    kTimer,
    kFaultBegins,
    kFaultEnds,
    kSample,
    kOutageEnds
};

// "delivery", "timer", ...; of the numbers of an EventKind.
std::string_view event_name(std::uint32_t kind);

// The actor number of what the world does by itself.
constexpr ActorId kWorldItself = 0xFFFF'FFFF;
// How often the world looks whether the run is over.
constexpr SimTime kLookInterval = 10 * kSecond;

struct PacketInFlight {
    Packet packet = FollowRequest{};
    ActorId from = 0;
};

// How long a planned fault lasts: a crash without a duration, as long as a restart takes.
std::uint64_t duration_of(const FaultPlan& plan, const ChainSettings& chain);

// The engine's handler, the actors' environment, and what the invariants look at: everything of a
// run that is neither an actor nor a library. Its parts in the order in which they are built below.
class World::Impl final : private Watch, private NodeObserver {
public:
    Impl(const Setting& setting, const WorldOptions& options);
    [[nodiscard]] Status build();
    Outcome run();
    void write_books(RowSink& sink, std::uint64_t wall_time_ns, Outcome& outcome);

    [[nodiscard]] const TraceDigest& trace() const { return trace_; }
    [[nodiscard]] Ground ground() const {
        return {genesis_, rules_, setting_.scenario, cast_.directory};
    }
    [[nodiscard]] const std::vector<BlockPtr>& history() const { return history_; }
    [[nodiscard]] std::string actor_name(std::uint32_t actor) const {
        return actor == kWorldItself ? "world" : cast_.directory.name(actor);
    }

    // Called by the engine for every event.
    void operator()(const Engine::Event& event);
    [[nodiscard]] std::uint64_t payload_digest(const Engine::Event& event) const;

private:
    // What one actor sees of the world.
    class Desk final : public Environment {
    public:
        Desk(Impl& world, ActorId self) : world_(world), self_(self) {}
        [[nodiscard]] SimTime now() const override { return world_.engine_.now(); }
        [[nodiscard]] TimestampNs clock() const override {
            return world_.genesis_->state.head.timestamp_ns +
                   static_cast<std::uint64_t>(now() + world_.clock_error(self_));
        }
        void send(ActorId to, const Packet& packet) override { world_.send(self_, to, packet); }
        void set_timer(SimTime delay, std::uint64_t tag) override {
            world_.set_timer(self_, delay, tag);
        }
        [[nodiscard]] RandomStream stream(Purpose purpose) const override {
            return RandomStream({world_.options_.seed, self_, static_cast<std::uint32_t>(purpose)});
        }

    private:
        Impl& world_;
        ActorId self_;
    };

    // Building.
    [[nodiscard]] bool economic() const {
        return setting_.scenario.run.fidelity == Fidelity::kEconomic;
    }
    [[nodiscard]] Status add_network();
    [[nodiscard]] Status add_virtual_chain();
    [[nodiscard]] Status add_actor(const CastMember& member, const Agent& agent);
    [[nodiscard]] Result<std::unique_ptr<Actor>> make_validator(const CastMember& member,
                                                                const Agent& agent);
    [[nodiscard]] Result<std::unique_ptr<Actor>> make_client(const CastMember& member,
                                                             const Agent& agent);
    [[nodiscard]] Result<std::unique_ptr<Actor>> make_provider(const CastMember& member,
                                                               const Agent& agent);
    [[nodiscard]] Result<std::unique_ptr<Actor>> make_challenger(const CastMember& member,
                                                                 const Agent& agent);
    [[nodiscard]] Result<std::unique_ptr<Actor>> make_requester(const CastMember& member,
                                                                const Agent& agent);
    [[nodiscard]] std::function<void(std::uint32_t)> cost_counter(Amount step_cost, ActorId agent);
    [[nodiscard]] std::function<void(TaskIndex, SimTime)> on_work_callback(ActorId provider);
    [[nodiscard]] StrategyContext context_of(const CastMember& member, const Agent& agent);
    [[nodiscard]] ClientSetup client_setup(const Agent& agent) const;
    void plan_faults();

    // Events.
    void send(ActorId from, ActorId to, const Packet& packet);
    void set_timer(ActorId actor, SimTime delay, std::uint64_t tag);
    void begin_fault(std::size_t index);
    void end_fault(std::size_t index);
    [[nodiscard]] static bool is_network_fault(FaultKind kind);
    [[nodiscard]] static bool isolates(FaultKind kind);
    void count_cut_off(const std::vector<NodeId>& targets, bool begins);
    [[nodiscard]] NetworkFault impose(const FaultPlan& plan, const std::vector<NodeId>& targets);
    void end_incarnation(NodeId node);
    void stop_machine(NodeId node);
    void start_machine(NodeId node);
    void break_machine(NodeId node, const FaultPlan& plan);
    void mend_machine(NodeId node, const FaultPlan& plan);
    void replace_disk(NodeId node);
    [[nodiscard]] SimTime clock_error(ActorId actor) const;
    [[nodiscard]] SimTime real_delay(ActorId actor, SimTime delay) const;
    [[nodiscard]] SimTime waiting_for_disk(ActorId actor);
    // Actors that hear and say nothing, or do so again.
    void silence(const std::vector<ActorId>& actors);
    void let_speak(const std::vector<ActorId>& actors);
    void consider_outage(const Executed& block);
    void end_outage();
    void pay_for_censorship(ActorId proposer, Amount amount);
    void look();
    void record_event(const Engine::Event& event);
    [[nodiscard]] bool finished() const;
    [[nodiscard]] bool shares_are_final() const;
    [[nodiscard]] std::vector<NodeId> targets_of(const FaultPlan& plan) const;

    // Watch
    [[nodiscard]] SimTime now() const override { return engine_.now(); }
    [[nodiscard]] const Scenario& scenario() const override { return setting_.scenario; }
    [[nodiscard]] const Directory& directory() const override { return cast_.directory; }
    [[nodiscard]] const Rules& rules() const override { return rules_; }
    [[nodiscard]] const Vm* vm(ActorId validator) const override {
        return economic() ? nullptr : validators_.at(validator)->vm();
    }
    [[nodiscard]] bool cut_off(ActorId validator) const override;
    void violate(const InvariantInfo& invariant, std::string message,
                 std::vector<ActorId> actors) override;

    // NodeObserver
    void on_verified(ActorId node, const Vm& vm, const ExecutedPtr& executed) override;
    void before_accept(ActorId node, const Vm& vm, const ExecutedPtr& executed,
                       AcceptedBy by) override;
    void on_accepted(ActorId node, const Vm& vm, const ExecutedPtr& executed) override;
    void before_reject(ActorId node, const Vm& vm, const ExecutedPtr& executed) override;
    void on_rejected(ActorId node, const Vm& vm, const ExecutedPtr& executed) override;
    void on_censored(ActorId node, const ExecutedPtr& built,
                     const std::vector<OperationPtr>& left_out) override;
    void on_restarted(ActorId node, const Vm& vm) override;
    void on_stopped(ActorId node, const Error& error) override;

    void extend_chain(const ExecutedPtr& executed);
    void extend_virtual_chain(const ExecutedPtr& executed,
                              const std::vector<OperationPtr>& censored);
    void find(std::string_view invariant, const std::string& message);
    template <class Hook>
    void notify_invariants(Hook&& hook) {
        for (const auto& invariant : invariants_) hook(*invariant);
    }

    // Ending.
    [[nodiscard]] Outcome close(StopReason reason);

    Setting setting_;
    WorldOptions options_;
    Cast cast_;
    IdealAuthorizer authority_;
    NoSignatures no_signatures_;

    gpu::SimdKernels default_kernels_;
    CheckedKernels kernels_;
    std::optional<CachingKernels> remembering_;  // in the economic fidelity, before the others
    Rules rules_;
    SharedExecutor executor_;
    ExecutedPtr genesis_;
    Truth truth_;

    Engine engine_;
    TraceDigest trace_;
    std::unique_ptr<ChoiceSource> answers_;
    RecordingChoices choices_;
    Writer outcome_;                  // of the last block in the economic fidelity, for the trace
    std::optional<Network> network_;  // none in the economic fidelity
    std::uint64_t messages_handed_over_ = 0;  // there: directly from actor to actor
    SlotMap<PacketInFlight> packets_;

    std::vector<std::unique_ptr<Desk>> desks_;
    std::vector<std::unique_ptr<SimDisk>> disks_;
    std::vector<std::unique_ptr<Actor>> actors_;
    std::vector<ValidatorActor*> validators_;
    std::vector<RequesterActor*> requesters_;
    SideChannel side_;
    // of each actor; a timer rings for the one that set it
    std::vector<std::uint16_t> incarnations_;
    std::vector<bool> down_;
    struct WrongClock {
        const FaultPlan* plan = nullptr;
        SimTime since = 0;
        SimTime skew = 0;
        std::uint32_t drift_ppm = 0;
        bool behind = false;
    };
    struct SlowDisk {
        SimTime delay = 0;         // of every write
        std::uint64_t writes = 0;  // that have been waited for
        SimTime busy_until = 0;
    };
    std::vector<std::vector<WrongClock>> clocks_;  // by actor: what is in force
    std::vector<SlowDisk> slow_disks_;             // by validator
    std::vector<std::uint32_t> disk_troubles_;     // faults in force that hit the validator's disk
    // economic fidelity: what is in force that silences the actor
    std::vector<std::uint32_t> silenced_;
    std::optional<CensorshipSchedule> outages_;  // under the model partition
    std::vector<ActorId> cut_off_clients_;       // by the outage in force
    NetworkFault outage_{};                      // in force, in the full fidelity
    // by index of the plan, where it is a network fault
    std::vector<NetworkFault> faults_in_force_;
    // partitions in force that cut the validator off, by index
    std::vector<std::uint32_t> cut_off_;

    Invariants invariants_;
    std::optional<Accounting> accounting_;
    ExecutedPtr chain_tip_;          // of the accepted chain, as far as anybody got
    std::vector<BlockPtr> history_;  // of that chain, when it is to be kept
    std::map<Hash32, bool> executed_before_;
    std::vector<Violation> violations_;
    bool interrupted_ = false;
    bool unexpected_ = false;
};

}  // namespace aivm::sim
