#include "sim/run/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "gpu/simd/simd_kernels.h"
#include "sim/actors/challenger.h"
#include "sim/actors/provider.h"
#include "sim/actors/requester.h"
#include "sim/actors/validator.h"
#include "sim/consensus/sequencer.h"
#include "sim/consensus/snowman.h"
#include "sim/engine/choice_sources.h"
#include "sim/engine/engine.h"
#include "sim/invariants/checked_kernels.h"
#include "sim/invariants/invariant.h"
#include "sim/network/network.h"
#include "sim/run/accounting.h"
#include "sim/run/cast.h"
#include "sim/run/shared_executor.h"
#include "sim/run/slab.h"

namespace aivm::sim {
namespace {

enum class EventKind : std::uint16_t { kDelivery, kTimer, kFaultBegins, kFaultEnds, kLook };
constexpr std::array<std::string_view, 5> kEventNames{"delivery", "timer", "fault begins", "fault ends", "look"};

std::string_view fault_name(FaultKind kind) {
    switch (kind) {
        case FaultKind::kPartition: return "partition";
        case FaultKind::kCrash: return "crash";
        case FaultKind::kOneWay: return "one_way";
        case FaultKind::kSlowNode: return "slow_node";
    }
    return "";
}

// A crash without a duration lasts as long as a restart takes.
std::uint64_t duration_of(const FaultPlan& plan, const ChainSettings& chain) {
    return plan.kind == FaultKind::kCrash && plan.duration_ns == 0 ? chain.restart_delay_ns : plan.duration_ns;
}

constexpr std::uint64_t kStateRootTag = 1;   // notes in the trace digest
constexpr std::uint64_t kSettingTag = 2;
constexpr SimTime kLookInterval = 10 * kSecond;
constexpr Height kResultsKept = 96;          // blocks whose shared results are kept behind the tip
constexpr std::uint32_t kSourcesPerClient = 3;
constexpr ActorId kWorldItself = 0xFFFF'FFFF;

struct PacketInFlight {
    Packet packet = FollowRequest{};
    ActorId from = 0;
};
// For making an engine only to see whether its parameters are accepted.
class NothingAccepted final : public AcceptedBlocks {
    [[nodiscard]] std::optional<Hash32> accepted_at(Height) const override { return std::nullopt; }
};
struct TimerSet {
    std::uint64_t tag = 0;
    std::uint32_t incarnation = 0;
};

}  // namespace

// The engine's handler, the actors' environment, and what the invariants look at: everything of a run that is neither an
// actor nor a library. Its parts in the order in which they are built below.
class World::Impl final : private Watch, private NodeObserver {
public:
    Impl(const Setting& setting, const WorldOptions& options);
    [[nodiscard]] Status build();
    Outcome run();
    void write_books(RowSink& sink, std::uint64_t wall_time_ns, Outcome& outcome);

    [[nodiscard]] const TraceDigest& trace() const { return trace_; }
    [[nodiscard]] Ground ground() const { return {genesis_, rules_, setting_.scenario, cast_.directory}; }
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
            return world_.genesis_->state.head.timestamp_ns + static_cast<std::uint64_t>(now());
        }
        void send(ActorId to, Packet packet) override { world_.send(self_, to, std::move(packet)); }
        void set_timer(SimTime delay, std::uint64_t tag) override { world_.set_timer(self_, delay, tag); }
        [[nodiscard]] RandomStream stream(Purpose purpose) const override {
            return RandomStream({world_.options_.seed, self_, static_cast<std::uint32_t>(purpose)});
        }

    private:
        Impl& world_;
        ActorId self_;
    };

    // Building.
    [[nodiscard]] Status add_actor(const CastMember& member, const Agent& agent);
    [[nodiscard]] Result<std::unique_ptr<Actor>> make_validator(const CastMember& member, const Agent& agent);
    [[nodiscard]] Result<std::unique_ptr<Actor>> make_client(const CastMember& member, const Agent& agent);
    [[nodiscard]] ClientSetup client_setup(const Agent& agent) const;
    [[nodiscard]] Result<std::unique_ptr<ConsensusEngine>> make_engine(ActorId self, const AcceptedBlocks& accepted,
                                                                       RandomStream& random) const;
    void plan_faults();

    // Events.
    void send(ActorId from, ActorId to, Packet packet);
    void set_timer(ActorId actor, SimTime delay, std::uint64_t tag);
    void begin_fault(std::size_t index);
    void end_fault(std::size_t index);
    void look();
    [[nodiscard]] bool finished() const;
    [[nodiscard]] std::vector<NodeId> targets_of(const FaultPlan& plan) const;

    // Watch
    [[nodiscard]] SimTime now() const override { return engine_.now(); }
    [[nodiscard]] const Scenario& scenario() const override { return setting_.scenario; }
    [[nodiscard]] const Directory& directory() const override { return cast_.directory; }
    [[nodiscard]] const Vm* vm(ActorId validator) const override { return validators_.at(validator)->vm(); }
    [[nodiscard]] bool cut_off(ActorId validator) const override;
    void violate(const InvariantInfo& invariant, std::string message, std::vector<ActorId> actors) override;

    // NodeObserver
    void on_verified(ActorId node, const Vm& vm, const ExecutedPtr& executed) override;
    void before_accept(ActorId node, const Vm& vm, const ExecutedPtr& executed, AcceptedBy by) override;
    void on_accepted(ActorId node, const Vm& vm, const ExecutedPtr& executed) override;
    void before_reject(ActorId node, const Vm& vm, const ExecutedPtr& executed) override;
    void on_rejected(ActorId node, const Vm& vm, const ExecutedPtr& executed) override;
    void on_censored(ActorId node, const ExecutedPtr& built, const std::vector<OperationPtr>& left_out) override;
    void on_restarted(ActorId node, const Vm& vm) override;
    void on_stopped(ActorId node, const Error& error) override;

    void extend_chain(const ExecutedPtr& executed);
    void find(std::string_view invariant, const std::string& message);
    template <class Hook>
    void tell_invariants(Hook&& hook) {
        for (const auto& invariant : invariants_) hook(*invariant);
    }

    // Ending.
    [[nodiscard]] Outcome close(StopReason reason);

    Setting setting_;
    WorldOptions options_;
    Cast cast_;
    IdealAuthorizer authority_;

    gpu::SimdKernels default_kernels_;
    CheckedKernels kernels_;
    Rules rules_;
    SharedExecutor executor_;
    ExecutedPtr genesis_;
    CpuKernels canonical_;
    Truth truth_;

    Engine engine_;
    TraceDigest trace_;
    std::unique_ptr<ChoiceSource> answers_;
    RecordingChoices choices_;
    std::optional<Network> network_;
    Slab<PacketInFlight> packets_;
    Slab<TimerSet> timers_;

    std::vector<std::unique_ptr<Desk>> desks_;
    std::vector<std::unique_ptr<SimDisk>> disks_;
    std::vector<std::unique_ptr<Actor>> actors_;
    std::vector<ValidatorActor*> validators_;
    std::vector<std::uint32_t> incarnations_;
    std::vector<bool> down_;
    std::vector<NetworkFault> faults_in_force_;  // by index of the plan, where it is a network fault
    std::vector<std::uint32_t> cut_off_;         // partitions in force that cut the validator off, by index

    Invariants invariants_;
    std::optional<Accounting> accounting_;
    ExecutedPtr chain_tip_;  // of the accepted chain, as far as anybody got
    std::vector<BlockPtr> history_;  // of that chain, when it is to be kept
    std::map<Hash32, bool> executed_before_;
    std::vector<Violation> violations_;
    bool interrupted_ = false;
    bool unexpected_ = false;
};

// --- Building ---

World::Impl::Impl(const Setting& setting, const WorldOptions& options)
    : setting_(setting),
      options_(options),
      cast_(make_cast(setting)),
      authority_(options.seed),
      kernels_(options.kernels != nullptr ? *options.kernels : default_kernels_,
               [this](const std::string& message) { find("K1", message); }),
      executor_(options.paranoid, [this](const std::string& message) { find("S14", message); }),
      truth_(canonical_),
      answers_(options.choices != nullptr ? std::unique_ptr<ChoiceSource>(new ReplayChoices(*options.choices))
                                          : std::unique_ptr<ChoiceSource>(new StreamChoices(options.seed))),
      choices_(*answers_) {}

Status World::Impl::build() {
    rules_.parameters = setting_.scenario.vm;
    rules_.kernels = &kernels_;
    rules_.authorizer = &authority_;
    AIVM_ASSIGN(genesis_, make_genesis(make_genesis_of(setting_, cast_, options_.seed), rules_));
    chain_tip_ = genesis_;
    if (options_.window) trace_.keep_window(*options_.window);
    trace_.note(kSettingTag, Writer().u64(options_.seed).fixed(genesis_->id).view());
    engine_.attach(&trace_);
    invariants_ = make_invariants();
    for (const auto& invariant : invariants_) invariant->attach(*this);
    accounting_.emplace(setting_.scenario, cast_.directory, truth_);
    accounting_->accept(*genesis_, 0);

    NetworkLayout layout;
    layout.latency = setting_.latency;
    for (const CastMember& member : cast_.members) layout.region_of.push_back(member.region);
    network_.emplace(options_.seed, setting_.scenario.network, std::move(layout), choices_);
    incarnations_.resize(cast_.members.size());
    down_.resize(cast_.members.size());
    cut_off_.resize(setting_.scenario.chain.validators);
    for (std::size_t i = 0; i < cast_.members.size(); ++i) {
        AIVM_TRY(add_actor(cast_.members[i], cast_.directory.agents[i]));
    }
    plan_faults();
    engine_.post_at(kLookInterval, Priority::kObserver, {kWorldItself, static_cast<std::uint16_t>(EventKind::kLook), 0});
    return {};
}

Status World::Impl::add_actor(const CastMember& member, const Agent& agent) {
    desks_.push_back(std::make_unique<Desk>(*this, agent.id));
    const bool validates = agent.role == "validator";
    if (validates) disks_.push_back(std::make_unique<SimDisk>());
    AIVM_ASSIGN(auto actor, validates ? make_validator(member, agent) : make_client(member, agent));
    if (validates) validators_.push_back(static_cast<ValidatorActor*>(actor.get()));
    actors_.push_back(std::move(actor));
    return {};
}

Result<std::unique_ptr<ConsensusEngine>> World::Impl::make_engine(ActorId self, const AcceptedBlocks& accepted,
                                                                  RandomStream& random) const {
    const ChainSettings& chain = setting_.scenario.chain;
    if (chain.consensus == ConsensusKind::kSequencer) {
        return make_sequencer({.validators = chain.validators, .sequencer = 0, .self = self});
    }
    SnowmanConfig config;
    config.snow.k = chain.k;
    config.snow.alpha_preference = chain.alpha_preference;
    config.snow.alpha_confidence = chain.alpha_confidence;
    config.snow.beta = chain.beta;
    config.snow.concurrent_polls = chain.concurrent_polls;
    config.snow.poll_timeout_ns = chain.poll_timeout_ns;
    for (const Amount stake : setting_.stakes) config.stakes.push_back(stake.nlux());
    config.self = self;
    return make_snowman(config, accepted, random);
}

Result<std::unique_ptr<Actor>> World::Impl::make_validator(const CastMember& member, const Agent& agent) {
    const ChainSettings& chain = setting_.scenario.chain;
    ValidatorSetup setup;
    setup.self = agent.id;
    setup.run_seed = options_.seed;
    for (const Amount stake : setting_.stakes) setup.stakes.push_back(stake.nlux());
    setup.disk = disks_.back().get();
    setup.vm = {.genesis = genesis_, .rules = &rules_, .executor = &executor_, .store = setup.disk};
    setup.block_interval_ns = chain.block_interval_ns;
    setup.fallback_delay_ns = chain.block_interval_ns;
    setup.max_block_ops = chain.max_block_ops;
    setup.sole_proposer = chain.consensus == ConsensusKind::kSequencer;
    setup.proposes = !setup.sole_proposer || agent.id == 0;
    setup.environment = desks_.back().get();
    setup.observer = this;
    for (const Agent& other : cast_.directory.agents) {
        if (other.role == "validator") continue;
        const ClientSetup client = client_setup(other);
        if (std::ranges::find(client.sources, agent.id) != client.sources.end()) setup.followers.push_back(other.id);
    }
    // Refused parameters must come out here, and not when an engine is made in the middle of a run.
    RandomStream unused({0, 0, 0});
    AIVM_TRY(make_engine(agent.id, NothingAccepted(), unused));
    setup.make_engine = [this, self = agent.id](const AcceptedBlocks& accepted, RandomStream& random) {
        return std::move(make_engine(self, accepted, random).value());
    };
    AIVM_ASSIGN(auto strategy,
                setting_.strategies->validator(member.group, desks_.back()->stream(Purpose::kStrategy)));
    return std::make_unique<ValidatorActor>(std::move(setup), Signer(authority_, agent.address), std::move(strategy));
}

ClientSetup World::Impl::client_setup(const Agent& agent) const {
    const std::uint32_t validators = setting_.scenario.chain.validators;
    ClientSetup setup;
    setup.self = agent.id;
    // Spread over the validators: neighbours in the list do not share all their sources.
    const std::uint32_t count = std::min(kSourcesPerClient, validators);
    for (std::uint32_t i = 0; i < count; ++i) {
        setup.sources.push_back((agent.id * kSourcesPerClient + i * (validators / count)) % validators);
    }
    for (ActorId id = 0; id < validators; ++id) setup.validators.push_back(id);
    setup.block_interval = static_cast<SimTime>(setting_.scenario.chain.block_interval_ns);
    return setup;
}

Result<std::unique_ptr<Actor>> World::Impl::make_client(const CastMember& member, const Agent& agent) {
    const Workload& workload = setting_.scenario.workload;
    const Signer signer(authority_, agent.address);
    ClientSetup client = client_setup(agent);
    client.environment = desks_.back().get();
    const RandomStream random = desks_.back()->stream(Purpose::kStrategy);
    if (agent.role == "provider") {
        cast_.directory.by_provider_id.emplace(provider_name(agent), agent.id);
        ProviderSetup setup{.id = provider_name(agent),
                            .bond = member.group.bond,
                            .models = {},
                            .speed_ppm = member.group.speed_ppm,
                            .step_time_ns = workload.step_time_ns,
                            .kernels = &kernels_};
        for (std::uint32_t i = 0; i < workload.models; ++i) setup.models.push_back(model_name(i));
        AIVM_ASSIGN(auto strategy, setting_.strategies->provider(member.group, random));
        return std::make_unique<ProviderActor>(client, signer, std::move(setup), std::move(strategy));
    }
    if (agent.role == "challenger") {
        const ChallengerSetup setup{
            .speed_ppm = member.group.speed_ppm,
            .step_time_ns = workload.check_time_ns,
            .in_clear = setting_.scenario.vm.policy.challenge_in_clear,
            .kernels = &kernels_,
            .on_checked = [this](TaskIndex task, std::uint32_t n) { accounting_->checked(task, n); }};
        AIVM_ASSIGN(auto strategy, setting_.strategies->challenger(member.group, random));
        return std::make_unique<ChallengerActor>(client, signer, setup, std::move(strategy));
    }
    std::uint32_t requesters = 0;
    for (const CastMember& other : cast_.members) requesters += other.group.role == "requester" ? 1 : 0;
    RequesterSetup setup;
    setup.name = fmt::format("job-{}", member.index_in_role);
    setup.tasks = workload.tasks / requesters + (member.index_in_role < workload.tasks % requesters ? 1 : 0);
    setup.tasks_per_interval_ppm = std::uint64_t{workload.tasks_per_block} * 1'000'000 / requesters;
    setup.interval = static_cast<SimTime>(setting_.scenario.chain.block_interval_ns);
    setup.fee = workload.fee;
    setup.mode = setting_.scenario.vm.config.verification_mode;
    setup.model_id = model_name(member.index_in_role % workload.models);
    setup.model_rows = workload.feature_rows;
    return std::make_unique<RequesterActor>(client, signer, std::move(setup));
}

void World::Impl::plan_faults() {
    const auto post = [this](std::uint64_t at_ns, EventKind kind, std::size_t index) {
        engine_.post_at(static_cast<SimTime>(at_ns), Priority::kFault,
                        {kWorldItself, static_cast<std::uint16_t>(kind), index});
    };
    const auto& faults = setting_.scenario.faults;
    faults_in_force_.resize(faults.size());
    for (std::size_t i = 0; i < faults.size(); ++i) {
        post(faults[i].at_ns, EventKind::kFaultBegins, i);
        post(faults[i].at_ns + duration_of(faults[i], setting_.scenario.chain), EventKind::kFaultEnds, i);
    }
}

// --- Events ---

void World::Impl::send(ActorId from, ActorId to, Packet packet) {
    if (from == to) {
        const std::uint32_t slot = packets_.put({std::move(packet), from});
        engine_.post_in(0, Priority::kDelivery, {to, static_cast<std::uint16_t>(EventKind::kDelivery), slot});
        return;
    }
    const Transmission transmission{from, to, static_cast<std::uint32_t>(packet_bytes(packet))};
    for (const SimTime arrival : network_->plan(transmission, engine_.now())) {
        const std::uint32_t slot = packets_.put({packet, from});
        engine_.post_at(arrival, Priority::kDelivery, {to, static_cast<std::uint16_t>(EventKind::kDelivery), slot});
    }
}

void World::Impl::set_timer(ActorId actor, SimTime delay, std::uint64_t tag) {
    const std::uint32_t slot = timers_.put({tag, incarnations_[actor]});
    engine_.post_in(delay, Priority::kTimer, {actor, static_cast<std::uint16_t>(EventKind::kTimer), slot});
}

std::uint64_t World::Impl::payload_digest(const Engine::Event& event) const {
    switch (static_cast<EventKind>(event.payload.kind)) {
        case EventKind::kDelivery: return packet_digest(packets_.at(event.payload.payload).packet);
        case EventKind::kTimer: return timers_.at(event.payload.payload).tag;
        default: return event.payload.payload;
    }
}

void World::Impl::operator()(const Engine::Event& event) {
    const ActorId actor = event.payload.actor;
    const std::uint64_t payload = event.payload.payload;
    switch (static_cast<EventKind>(event.payload.kind)) {
        case EventKind::kDelivery: {
            const PacketInFlight arrived = packets_.take(payload);
            if (!down_[actor]) actors_[actor]->receive(arrived.from, arrived.packet);
            break;
        }
        case EventKind::kTimer: {
            const TimerSet timer = timers_.take(payload);
            if (!down_[actor] && timer.incarnation == incarnations_[actor]) actors_[actor]->wake(timer.tag);
            break;
        }
        case EventKind::kFaultBegins: begin_fault(payload); break;
        case EventKind::kFaultEnds: end_fault(payload); break;
        case EventKind::kLook: look(); break;
    }
}

// The nodes that a fault names: validators by index, and everybody in its regions.
std::vector<NodeId> World::Impl::targets_of(const FaultPlan& plan) const {
    std::vector<NodeId> targets(plan.validators.begin(), plan.validators.end());
    for (const std::string& region : plan.regions) {
        const auto found = std::ranges::find(setting_.region_names, region);
        AIVM_CHECK(found != setting_.region_names.end());
        const auto index = static_cast<std::uint32_t>(found - setting_.region_names.begin());
        for (NodeId node = 0; node < cast_.members.size(); ++node) {
            if (cast_.members[node].region == index) targets.push_back(node);
        }
    }
    std::ranges::sort(targets);
    const auto repeated = std::ranges::unique(targets);
    targets.erase(repeated.begin(), repeated.end());
    return targets;
}

void World::Impl::begin_fault(std::size_t index) {
    const FaultPlan& plan = setting_.scenario.faults[index];
    const std::vector<NodeId> targets = targets_of(plan);
    switch (plan.kind) {
        case FaultKind::kPartition:
            faults_in_force_[index] = network_->partition({targets});
            for (const NodeId node : targets) {
                if (node < cut_off_.size()) ++cut_off_[node];
            }
            break;
        case FaultKind::kOneWay: {
            std::vector<NodeId> others;
            for (NodeId node = 0; node < cast_.members.size(); ++node) {
                if (!std::ranges::binary_search(targets, node)) others.push_back(node);
            }
            faults_in_force_[index] = network_->block_one_way(targets, others);
            break;
        }
        case FaultKind::kSlowNode:
            faults_in_force_[index] = network_->slow_down(targets, static_cast<SimTime>(plan.delay_ns));
            break;
        case FaultKind::kCrash:
            for (const NodeId node : targets) {
                down_[node] = true;
                ++incarnations_[node];
                actors_[node]->crash();
            }
            break;
    }
    tell_invariants([](Invariant& i) { i.on_faults_changed(); });
}

void World::Impl::end_fault(std::size_t index) {
    const FaultPlan& plan = setting_.scenario.faults[index];
    const std::vector<NodeId> targets = targets_of(plan);
    if (plan.kind == FaultKind::kCrash) {
        for (const NodeId node : targets) {
            down_[node] = false;
            actors_[node]->restart();
        }
    } else {
        network_->heal(faults_in_force_[index]);
    }
    if (plan.kind == FaultKind::kPartition) {
        for (const NodeId node : targets) {
            if (node < cut_off_.size()) --cut_off_[node];
        }
    }
    tell_invariants([](Invariant& i) { i.on_faults_changed(); });
}

// Whether all work is final, every fault over, and every running validator has the whole chain but for the newest blocks.
bool World::Impl::finished() const {
    const Totals& totals = chain_tip_->state.head.totals;
    if (totals.tasks_completed + totals.tasks_failed < setting_.scenario.workload.tasks) return false;
    for (const FaultPlan& plan : setting_.scenario.faults) {
        if (static_cast<SimTime>(plan.at_ns + duration_of(plan, setting_.scenario.chain)) > engine_.now()) return false;
    }
    for (const ValidatorActor* validator : validators_) {
        if (validator->vm() == nullptr) continue;
        const Totals& seen = validator->vm()->state().head.totals;
        if (seen.tasks_completed + seen.tasks_failed < setting_.scenario.workload.tasks) return false;
    }
    return true;
}

void World::Impl::look() {
    if (finished()) return engine_.stop();
    const Totals& totals = chain_tip_->state.head.totals;
    if (options_.progress && !options_.progress(engine_.now(), totals.tasks_completed + totals.tasks_failed)) {
        interrupted_ = true;
        return engine_.stop();
    }
    engine_.post_in(kLookInterval, Priority::kObserver,
                    {kWorldItself, static_cast<std::uint16_t>(EventKind::kLook), 0});
}

// --- Watching ---

bool World::Impl::cut_off(ActorId validator) const {
    if (cut_off_.at(validator) == 0) return false;
    // Only the smaller side by stake is a minority.
    Amount side;
    Amount total;
    for (std::size_t i = 0; i < cut_off_.size(); ++i) {
        total += setting_.stakes[i];
        if (cut_off_[i] != 0) side += setting_.stakes[i];
    }
    return side + side < total;
}

void World::Impl::violate(const InvariantInfo& invariant, std::string message, std::vector<ActorId> actors) {
    const auto known = std::ranges::find(violations_, invariant.id, &Violation::invariant);
    if (known != violations_.end()) return;  // the first is the one to look at
    Violation violation;
    violation.invariant = std::string(invariant.id);
    violation.name = std::string(invariant.name);
    violation.message = std::move(message);
    violation.time = engine_.now();
    violation.block = chain_tip_->state.head.height;
    violation.event = engine_.events_executed();
    violation.liveness = invariant.liveness;
    for (const ActorId actor : actors) violation.actors.push_back(cast_.directory.name(actor));
    violation.expected = std::ranges::find(setting_.scenario.expected_violations, violation.invariant) !=
                         setting_.scenario.expected_violations.end();
    if (!violation.expected) {
        unexpected_ = true;
        engine_.stop();
    }
    violations_.push_back(std::move(violation));
}

void World::Impl::find(std::string_view id, const std::string& message) {
    for (const auto& invariant : invariants_) {
        if (invariant->info().id == id) invariant->on_finding(message);
    }
}

void World::Impl::on_verified(ActorId node, const Vm& vm, const ExecutedPtr& executed) {
    if (executed_before_.emplace(executed->id, true).second) {
        const ExecutedPtr parent = vm.executed(executed->block->parent());
        AIVM_CHECK(parent != nullptr);
        tell_invariants([&](Invariant& i) { i.on_executed(*executed, parent->state); });
    }
    tell_invariants([&](Invariant& i) { i.on_verified(node, vm, executed); });
}

void World::Impl::before_accept(ActorId node, const Vm& vm, const ExecutedPtr& executed, AcceptedBy by) {
    tell_invariants([&](Invariant& i) { i.before_accept(node, vm, executed, by); });
}

void World::Impl::on_accepted(ActorId node, const Vm& vm, const ExecutedPtr& executed) {
    if (executed->block->parent() == chain_tip_->id) extend_chain(executed);
    tell_invariants([&](Invariant& i) { i.on_accepted(node, vm, executed); });
}

void World::Impl::extend_chain(const ExecutedPtr& executed) {
    const ExecutedPtr parent = std::exchange(chain_tip_, executed);
    if (options_.keep_history) history_.push_back(executed->block);
    trace_.note(kStateRootTag, executed->state.state_root.view());
    tell_invariants([&](Invariant& i) { i.on_chain(*executed, parent->state); });
    accounting_->accept(*executed, engine_.now());
    const Height height = executed->state.head.height;
    if (height > kResultsKept) executor_.forget_below(height - kResultsKept);
}

void World::Impl::before_reject(ActorId node, const Vm& vm, const ExecutedPtr& executed) {
    tell_invariants([&](Invariant& i) { i.before_reject(node, vm, executed); });
}

void World::Impl::on_rejected(ActorId node, const Vm& vm, const ExecutedPtr& executed) {
    tell_invariants([&](Invariant& i) { i.on_rejected(node, vm, executed); });
}

void World::Impl::on_censored(ActorId, const ExecutedPtr& built, const std::vector<OperationPtr>& left_out) {
    accounting_->censored(built->id, left_out);
}

void World::Impl::on_restarted(ActorId node, const Vm& vm) {
    tell_invariants([&](Invariant& i) { i.on_restarted(node, vm); });
}

void World::Impl::on_stopped(ActorId node, const Error& error) {
    // Nothing in a scenario breaks a disk yet, so a node that stops by itself met a bug.
    find("S14", fmt::format("{} stopped: {}", cast_.directory.name(node), error.text()));
}

// --- Running ---

Outcome World::Impl::run() {
    for (const auto& actor : actors_) actor->start();
    RunLimits limits;
    limits.last_time = static_cast<SimTime>(setting_.scenario.run.max_time_ns);
    limits.max_events = setting_.scenario.run.max_events;
    return close(engine_.run(*this, limits));
}

Outcome World::Impl::close(StopReason reason) {
    if (!interrupted_ && !unexpected_) tell_invariants([](Invariant& i) { i.at_end(); });
    Outcome out;
    out.scenario = setting_.scenario.name;
    out.seed = options_.seed;
    out.events = engine_.events_executed();
    out.messages = network_->counters().sent;
    out.virtual_time = engine_.now();
    out.blocks = chain_tip_->state.head.height;
    out.digest = trace_.digest();
    out.checkpoints = trace_.checkpoints();
    out.choices = choices_.choices();
    for (const auto& invariant : invariants_) {
        out.invariants.emplace_back(invariant->info().id);
        out.invariant_checks += invariant->checks();
    }
    out.invariant_checks += kernels_.comparisons();
    for (const std::string& id : setting_.scenario.expected_violations) {
        if (std::ranges::find(violations_, id, &Violation::invariant) == violations_.end()) {
            out.missing_violations.push_back(id);
        }
    }
    if (interrupted_) {
        out.status = RunStatus::kInterrupted;
    } else if (reason == StopReason::kEventLimit) {
        out.status = RunStatus::kBudget;
    } else if (unexpected_ || !out.missing_violations.empty()) {
        out.status = RunStatus::kViolated;
    }
    out.violations = violations_;
    return out;
}

void World::Impl::write_books(RowSink& sink, std::uint64_t wall_time_ns, Outcome& outcome) {
    accounting_->write(sink, {outcome.events, outcome.messages, outcome.virtual_time, wall_time_ns});
    const auto& faults = setting_.scenario.faults;
    for (std::uint32_t i = 0; i < faults.size(); ++i) {
        FaultRow row{i, std::string(fault_name(faults[i].kind)), faults[i].at_ns, faults[i].at_ns + duration_of(faults[i], setting_.scenario.chain),
                     ""};
        for (const NodeId node : targets_of(faults[i])) {
            row.targets += (row.targets.empty() ? "" : " ") + cast_.directory.name(node);
        }
        sink.add(row);
    }
    for (std::uint32_t i = 0; i < outcome.violations.size(); ++i) {
        const Violation& v = outcome.violations[i];
        sink.add(ViolationRow{i, v.invariant, static_cast<std::uint64_t>(v.time), v.block,
                              fmt::format("{}", fmt::join(v.actors, " ")), v.message, v.expected, ""});
    }
    outcome.metrics = accounting_->metrics();
    outcome.payoffs = accounting_->payoffs();
    for (std::uint32_t i = 0; i < cast_.directory.principals.size(); ++i) {
        const Principal& p = cast_.directory.principals[i];
        outcome.principals.push_back({i, p.label, p.strategy, p.parameters, p.honest});
    }
}

// --- The outside ---

World::World(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
World::~World() = default;

Result<std::unique_ptr<World>> World::make(const Setting& setting, const WorldOptions& options) {
    auto impl = std::make_unique<Impl>(setting, options);
    AIVM_TRY(impl->build());
    return std::unique_ptr<World>(new World(std::move(impl)));
}

Outcome World::run() { return impl_->run(); }

void World::write_books(RowSink& sink, std::uint64_t wall_time_ns, Outcome& outcome) {
    impl_->write_books(sink, wall_time_ns, outcome);
}

const TraceDigest& World::trace() const { return impl_->trace(); }

World::Ground World::ground() const { return impl_->ground(); }

const std::vector<BlockPtr>& World::history() const { return impl_->history(); }

std::vector<World::TracedEvent> World::traced() const {
    std::vector<TracedEvent> out;
    for (const TraceRecord& record : impl_->trace().window()) {
        TracedEvent traced{record, "", "state root"};
        if (!record.is_note()) {
            traced.actor = impl_->actor_name(record.actor);
            traced.kind = std::string(kEventNames.at(record.kind));
        }
        out.push_back(std::move(traced));
    }
    return out;
}

}  // namespace aivm::sim
