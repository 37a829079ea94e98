#include <fmt/format.h>

#include <algorithm>

#include "sim/actors/censorship.h"
#include "sim/actors/challenger.h"
#include "sim/actors/provider.h"
#include "sim/world/world_impl.h"

namespace aivm::sim {
namespace {

constexpr std::uint64_t kSettingTag = 2;  // of notes in the trace digest; world_watch.cpp has 1
constexpr std::uint32_t kSourcesPerClient = 3;

Status check_faults(const Scenario& scenario) {
    const bool economic = scenario.run.fidelity == Fidelity::kEconomic;
    for (const FaultPlan& plan : scenario.faults) {
        const bool of_clients = plan.validators.empty() && plan.regions.empty();
        const bool silences =
            plan.kind == FaultKind::kEclipse || plan.kind == FaultKind::kPartition;
        if (economic && !(silences && of_clients)) {
            return fail(ErrorCode::kConfig,
                        "this fault hits a network or a disk, which run.fidelity economic leaves "
                        "out; there only groups "
                        "can be hit, by eclipse or partition; use full, or no such fault");
        }
        for (const std::string& name : plan.groups) {
            const auto group = std::ranges::find(scenario.actors, name, &ActorGroup::name);
            if (group == scenario.actors.end())
                return fail(ErrorCode::kConfig, "a fault hits a group nobody knows");
            const bool validators = group->role == "validator";
            if (validators ? economic : hits_disk(plan.kind) || plan.kind == FaultKind::kCrash) {
                return fail(
                    ErrorCode::kConfig,
                    fmt::format(
                        "a fault of this kind cannot hit the group {}: crashes and disks are those "
                        "of "
                        "validators, and in run.fidelity economic validators have no machines",
                        name));
            }
        }
    }
    return {};
}

Status check_censorship(const Scenario& scenario) {
    const ChainSettings& chain = scenario.chain;
    if (chain.round_proposers == 0 || chain.leader_term_blocks == 0) {
        return fail(ErrorCode::kConfig, "a round and a leader's term must have at least one block");
    }
    const std::uint64_t final_after = chain.finality_delay_ns / chain.block_interval_ns;
    if (chain.censorship == CensorshipModel::kOrphan &&
        (final_after < 2 || final_after > kFinalityBlocksMax)) {
        return fail(ErrorCode::kConfig,
                    fmt::format("chain.censorship orphan needs a chain.finality_delay of 2 to {} "
                                "block intervals: only "
                                "what is not final can be re-organised away",
                                kFinalityBlocksMax));
    }
    const bool costs =
        chain.censorship == CensorshipModel::kBudget || chain.censorship == CensorshipModel::kBribe;
    if (costs && std::ranges::find(scenario.actors, chain.censor_payer, &ActorGroup::name) ==
                     scenario.actors.end()) {
        return fail(ErrorCode::kConfig,
                    "chain.censor_payer must name the group that pays for the censorship");
    }
    return {};
}

// What this version cannot do, and must not pretend to.
Status check_supported(const Scenario& scenario) {
    const bool economic = scenario.run.fidelity == Fidelity::kEconomic;
    AIVM_TRY(check_faults(scenario));
    const CensorshipModel model = scenario.chain.censorship;
    if (economic) return check_censorship(scenario);
    const EngineRow& engine = engine_row(scenario.chain.consensus);
    if (!engine.sole_proposer && model != CensorshipModel::kNone &&
        model != CensorshipModel::kIid && model != CensorshipModel::kPartition) {
        return fail(
            ErrorCode::kConfig,
            "this model of chain.censorship needs to know who proposes after whom, which snowman "
            "decides "
            "itself; use iid or partition, the consensus sequencer, or run.fidelity economic");
    }
    for (const EngineProblem& each : engine.check(scenario.chain)) {
        if (!each.is_note)
            return fail(ErrorCode::kConfig, fmt::format("{}; {}", each.problem, each.remedy));
    }
    return check_censorship(scenario);
}

}  // namespace

World::Impl::Impl(const Setting& setting, const WorldOptions& options)
    : setting_(setting),
      options_(options),
      cast_(make_cast(setting, *setting.strategies)),
      authority_(options.seed),
      no_signatures_(authority_, vendor_address()),
      kernels_(options.kernels != nullptr ? *options.kernels : default_kernels_,
               [this](const std::string& message) { find("K1", message); }),
      executor_(options.paranoid, [this](const std::string& message) { find("S14", message); }),
      answers_(options.choices != nullptr
                   ? std::unique_ptr<ChoiceSource>(new ReplayChoices(*options.choices))
                   : std::unique_ptr<ChoiceSource>(new StreamChoices(options.seed))),
      choices_(*answers_),
      side_([this](const Address& from, const Address& to, Amount amount) {
          accounting_->paid_aside(from, to, amount);
      }) {}

Status World::Impl::build() {
    AIVM_TRY(check_supported(setting_.scenario));
    rules_.parameters = setting_.scenario.vm;
    rules_.kernels = &kernels_;
    if (!options_.invariants)
        rules_.kernels = options_.kernels != nullptr ? options_.kernels : &default_kernels_;
    rules_.authorizer = &authority_;
    rules_.vendor_root = vendor_address();
    if (economic()) {
        rules_.authorizer = &no_signatures_;
        rules_.kernels = &remembering_.emplace(*rules_.kernels);
    }
    AIVM_ASSIGN(genesis_, make_genesis(make_genesis_of(setting_, cast_, options_.seed), rules_));
    chain_tip_ = genesis_;
    if (options_.window) trace_.keep_window(*options_.window);
    trace_.note(kSettingTag, Writer().u64(options_.seed).fixed(genesis_->id).view());
    if (options_.trace) engine_.attach(&trace_);
    if (options_.invariants) invariants_ = make_invariants();
    for (const auto& invariant : invariants_) invariant->attach(*this);
    accounting_.emplace(setting_.scenario, cast_.directory, truth_);
    accounting_->accept(*genesis_, 0);

    incarnations_.resize(cast_.members.size());
    down_.resize(cast_.members.size());
    cut_off_.resize(setting_.scenario.chain.validators);
    silenced_.resize(cast_.members.size());
    clocks_.resize(cast_.members.size());
    slow_disks_.resize(setting_.scenario.chain.validators);
    disk_troubles_.resize(setting_.scenario.chain.validators);
    if (setting_.scenario.chain.censorship == CensorshipModel::kPartition) {
        const Desk desk(*this, kWorldItself);
        outages_.emplace(setting_.scenario.chain, desk.stream(Purpose::kCensorship),
                         desk.stream(Purpose::kOrphaning));
    }
    AIVM_TRY(economic() ? add_virtual_chain() : add_network());
    for (std::size_t i = actors_.size(); i < cast_.members.size(); ++i) {
        AIVM_TRY(add_actor(cast_.members[i], cast_.directory.agents[i]));
    }
    plan_faults();
    engine_.post_at(kLookInterval, Priority::kObserver,
                    {kWorldItself, static_cast<std::uint16_t>(EventKind::kSample), 0});
    return {};
}

Status World::Impl::add_network() {
    NetworkLayout layout;
    layout.latency = setting_.latency;
    for (const CastMember& member : cast_.members) layout.region_of.push_back(member.region);
    network_.emplace(options_.seed, setting_.scenario.network, std::move(layout), choices_);
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

Result<std::unique_ptr<Actor>> World::Impl::make_validator(const CastMember& member,
                                                           const Agent& agent) {
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
    const EngineRow& engine = engine_row(chain.consensus);
    setup.sole_proposer = engine.sole_proposer;
    setup.proposes = !setup.sole_proposer || agent.id == 0;
    setup.environment = desks_.back().get();
    setup.observer = this;
    for (const Agent& other : cast_.directory.agents) {
        if (other.role == "validator") continue;
        const ClientSetup client = client_setup(other);
        if (std::ranges::find(client.sources, agent.id) == client.sources.end()) continue;
        setup.followers.push_back(other.id);
        if (setting_.strategies->watches_pending(cast_.members[other.id].group))
            setup.watchers.push_back(other.id);
    }
    setup.who = [this](ActorId id) {
        const CastMember& follower = cast_.members[id];
        return Follower{id, follower.group.role, follower.index_in_role};
    };
    setup.make_engine = [&engine, &chain, stakes = setup.stakes, self = agent.id](
                            EngineHost& host, RandomStream& random) {
        return std::move(engine.make({chain, stakes, self, host, random}).value());
    };
    AIVM_ASSIGN(auto strategy,
                setting_.strategies->validator(member.group, context_of(member, agent)));
    if (chain.censorship != CensorshipModel::kNone) {
        const Desk& desk = *desks_.back();
        strategy = make_censoring(
            std::move(strategy),
            {chain, desk.stream(Purpose::kCensorship), desk.stream(Purpose::kOrphaning)},
            [this, id = agent.id](Amount amount) { pay_for_censorship(id, amount); });
    }
    return std::make_unique<ValidatorActor>(std::move(setup), Signer(authority_, agent.address),
                                            std::move(strategy));
}

// The actor's desk, where it has one already, is the last one made.
ClientSetup World::Impl::client_setup(const Agent& agent) const {
    // The virtual chain is one actor, whoever proposes on it.
    const std::uint32_t validators = economic() ? 1 : setting_.scenario.chain.validators;
    ClientSetup setup;
    setup.self = agent.id;
    setup.unsealed = economic();
    // Spread over the validators: neighbours in the list do not share all their sources.
    const std::uint32_t count = std::min(kSourcesPerClient, validators);
    for (std::uint32_t i = 0; i < count; ++i) {
        setup.sources.push_back((agent.id * kSourcesPerClient + i * (validators / count)) %
                                validators);
    }
    for (ActorId id = 0; id < validators; ++id) setup.validators.push_back(id);
    setup.block_interval = static_cast<SimTime>(setting_.scenario.chain.block_interval_ns);
    setup.environment = desks_.back().get();
    return setup;
}

// What the actor's strategy is told. Its desk must be the last one made.
StrategyContext World::Impl::context_of(const CastMember& member, const Agent& agent) {
    StrategyContext part;
    part.random = desks_.back()->stream(Purpose::kStrategy);
    part.self = {agent.id, agent.role, member.group.name, agent.address,
                 agent.role == "provider" ? provider_name(agent) : std::string()};
    part.accomplices = cast_.accomplices.at(agent.principal);
    part.rules = setting_.scenario.vm;
    part.block_interval = static_cast<SimTime>(setting_.scenario.chain.block_interval_ns);
    part.side = &side_;
    return part;
}

Result<std::unique_ptr<Actor>> World::Impl::make_client(const CastMember& member,
                                                        const Agent& agent) {
    if (agent.role == "provider") return make_provider(member, agent);
    if (agent.role == "challenger") return make_challenger(member, agent);
    return make_requester(member, agent);
}

Result<std::unique_ptr<Actor>> World::Impl::make_provider(const CastMember& member,
                                                          const Agent& agent) {
    const Workload& workload = setting_.scenario.workload;
    ProviderSetup setup{.id = provider_name(agent),
                        .bond = member.group.bond,
                        .models = {},
                        .speed_ppm = member.group.speed_ppm,
                        .step_time_ns = workload.step_time_ns,
                        .exponential_time = workload.work_law == WorkLaw::kExponential,
                        .machines = member.group.machines,
                        .kernels = rules_.kernels,
                        .rules = setting_.scenario.vm,
                        .device = Device(member.group.hardware, provider_name(agent),
                                         {authority_, rules_.vendor_root}),
                        .on_computed = cost_counter(workload.step_cost, agent.id),
                        .on_started = on_work_callback(agent.id)};
    for (std::uint32_t i = 0; i < workload.models; ++i) setup.models.push_back(model_name(i));
    AIVM_ASSIGN(auto strategy,
                setting_.strategies->provider(member.group, context_of(member, agent)));
    return std::make_unique<ProviderActor>(client_setup(agent), Signer(authority_, agent.address),
                                           std::move(setup), std::move(strategy));
}

Result<std::unique_ptr<Actor>> World::Impl::make_challenger(const CastMember& member,
                                                            const Agent& agent) {
    const Workload& workload = setting_.scenario.workload;
    const ChallengerSetup setup{
        .speed_ppm = member.group.speed_ppm,
        .step_time_ns = workload.check_time_ns,
        .in_clear = setting_.scenario.vm.policy.challenge_in_clear,
        .window_blocks = setting_.scenario.vm.config.challenge_window_blocks,
        .kernels = rules_.kernels,
        .on_checked = [this](TaskIndex task, std::uint32_t n) { accounting_->checked(task, n); },
        .on_computed = cost_counter(workload.check_cost, agent.id)};
    AIVM_ASSIGN(auto strategy,
                setting_.strategies->challenger(member.group, context_of(member, agent)));
    return std::make_unique<ChallengerActor>(client_setup(agent), Signer(authority_, agent.address),
                                             setup, std::move(strategy));
}

Result<std::unique_ptr<Actor>> World::Impl::make_requester(const CastMember& member,
                                                           const Agent& agent) {
    const Workload& workload = setting_.scenario.workload;
    std::uint32_t requesters = 0;
    for (const CastMember& other : cast_.members)
        requesters += other.group.role == "requester" ? 1 : 0;
    RequesterSetup setup;
    setup.name = fmt::format("job-{}", member.index_in_role);
    setup.tasks =
        workload.tasks / requesters + (member.index_in_role < workload.tasks % requesters ? 1 : 0);
    setup.tasks_per_interval_ppm = std::uint64_t{workload.tasks_per_block} * 1'000'000 / requesters;
    setup.interval = static_cast<SimTime>(setting_.scenario.chain.block_interval_ns);
    if (workload.arrivals == ArrivalLaw::kPoisson)
        setup.mean_gap = workload.mean_gap_ns * requesters;
    setup.fee = workload.fee;
    setup.mode = setting_.scenario.vm.config.verification_mode;
    setup.model_id = model_name(member.index_in_role % workload.models);
    setup.model_rows = workload.feature_rows;
    setup.on_refused = [this] { accounting_->refused(); };
    AIVM_ASSIGN(auto strategy,
                setting_.strategies->requester(member.group, context_of(member, agent)));
    auto actor =
        std::make_unique<RequesterActor>(client_setup(agent), Signer(authority_, agent.address),
                                         std::move(setup), std::move(strategy));
    requesters_.push_back(actor.get());
    return actor;
}

// Books what computing costs; nothing where it costs nothing.
std::function<void(std::uint32_t)> World::Impl::cost_counter(Amount step_cost, ActorId agent) {
    if (step_cost.is_zero()) return {};
    return [this, step_cost, agent](std::uint32_t steps) {
        accounting_->spent(agent, step_cost.checked_times(steps).value());
    };
}

// Tells the probe when the provider begins to compute; nothing where nobody measures.
std::function<void(TaskIndex, SimTime)> World::Impl::on_work_callback(ActorId provider) {
    if (options_.probe == nullptr) return {};
    return [this, provider](TaskIndex task, SimTime waited) {
        options_.probe->on_work_started(provider, task, engine_.now(), waited);
    };
}

}  // namespace aivm::sim
