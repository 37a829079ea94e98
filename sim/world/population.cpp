#include "sim/world/population.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/actors/challenger.h"
#include "sim/actors/deviating_validator.h"
#include "sim/actors/provider.h"
#include "sim/actors/twin_validator.h"
#include "sim/consensus/consensus.h"
#include "sim/consensus/stake.h"
#include "sim/scenario/trace.h"

namespace aivm::sim {
namespace {

constexpr std::uint32_t kSourcesPerClient = 3;
// On a DAG: cut intervals for which one validator carries an account's operations.
constexpr std::uint64_t kCutsPerTurn = 8;
// Blocks that the virtual chain keeps for clients that missed some, as many as a validator keeps.
constexpr std::size_t kHistoryForTheSilenced = 64;

MempoolLimits queue_of(const ChainSettings& chain) {
    return {.lane = chain.mempool_limit,
            .per_sender = chain.mempool_per_sender,
            .ttl_blocks = chain.operation_ttl_blocks};
}

}  // namespace

Population::Population(RunContext& context, Execution& execution, Accounting& accounting,
                       CensorshipEffects& censorship, Substrate& substrate)
    : context_(context),
      execution_(execution),
      accounting_(accounting),
      censorship_(censorship),
      substrate_(substrate),
      side_([this](const Address& from, const Address& to, Amount amount) {
          accounting_.bribed(from, to, amount, context_.engine.now());
      }) {}

Status Population::build(const std::vector<PlannedFault>& faults) {
    faults_ = &faults;
    if (!context_.scenario().workload.trace.empty()) {
        AIVM_ASSIGN(trace_, parse_trace(context_.scenario().workload.trace));
    }
    AIVM_TRY(substrate_.add_validators(*this));
    for (const Participant& one : context_.participants.all) {
        if (one.role != Role::kValidator) AIVM_TRY(add_client(one));
    }
    return {};
}

void Population::start() {
    for (const auto& actor : actors_) actor->start();
}

// --- Validators ---

Result<std::unique_ptr<ValidatorStrategy>> Population::validator_strategy(
    const Participant& participant) {
    const ChainSettings& chain = context_.scenario().chain;
    const ActorId id = participant.id;
    AIVM_ASSIGN(auto strategy, context_.setting.strategies->validator(
                                   participant.group, strategy_context(participant)));
    AIVM_ASSIGN(strategy, add_deviations(participant, std::move(strategy)));
    if (chain.censorship == CensorshipModel::kNone) return strategy;
    return make_censoring(std::move(strategy),
                          {chain, context_.stream(id, Purpose::kCensorship),
                           context_.stream(id, Purpose::kOrphaning)},
                          [this, id](Amount amount) { censorship_.pay(id, amount); });
}

// The strategy, and beside it those of the byzantine faults that hit the validator.
Result<std::unique_ptr<ValidatorStrategy>> Population::add_deviations(
    const Participant& participant, std::unique_ptr<ValidatorStrategy> own) {
    std::vector<DeviatingValidator::Deviation> deviations;
    for (const PlannedFault& fault : *faults_) {
        if (!traits_of(fault.plan->kind).deviates ||
            !std::ranges::binary_search(fault.targets, participant.id))
            continue;
        ActorGroup deviant = participant.group;
        deviant.strategy = fault.plan->strategy;
        deviant.parameters.clear();
        StrategyContext context = strategy_context(participant);
        context.random = context_.stream(participant.id, Purpose::kDeviation);
        AIVM_ASSIGN(auto strategy, context_.setting.strategies->validator(deviant, context));
        deviations.push_back({fault.plan, std::move(strategy)});
    }
    if (deviations.empty()) return own;
    auto deviating = std::make_unique<DeviatingValidator>(std::move(own), std::move(deviations));
    substrate_.install_deviating(participant.id, *deviating);
    return deviating;
}

// The clients that follow this validator.
std::vector<ActorId> Population::followers_of(ActorId validator) const {
    std::vector<ActorId> out;
    for (const Participant& client : context_.participants.all) {
        if (client.role == Role::kValidator) continue;
        const std::vector<ActorId> sources = sources_of(client.id);
        if (std::ranges::find(sources, validator) != sources.end()) out.push_back(client.id);
    }
    return out;
}

// The validator or, if its strategy says so, two replicas of it.
template <class Validator, class Setup>
Result<Population::Added<Validator>> Population::add_replicas(const Participant& participant,
                                                              Setup setup) {
    AIVM_ASSIGN(auto strategy, validator_strategy(participant));
    Added<Validator> added;
    if (!strategy->runs_twice()) {
        auto actor = std::make_unique<Validator>(std::move(setup), signer_of(participant),
                                                 std::move(strategy));
        added = {actor.get(), actor.get()};
        actors_.push_back(std::move(actor));
        return added;
    }
    AIVM_ASSIGN(auto second, validator_strategy(participant));
    std::array strategies{std::move(strategy), std::move(second)};
    const auto make = [&](const TwinValidator::Replica& replica) -> std::unique_ptr<Actor> {
        Setup own = setup;
        own.environment = &replica.environment;
        own.disk = &replica.disk;
        own.vm.store = &replica.disk;
        own.observer = &replica.observer;
        auto actor = std::make_unique<Validator>(std::move(own), signer_of(participant),
                                                 std::move(strategies[replica.number]));
        if (replica.number == 0) added.validator = actor.get();
        return actor;
    };
    auto twin = std::make_unique<TwinValidator>(participant.id, *setup.environment, *setup.disk,
                                                *setup.observer, make);
    added.actor = twin.get();
    actors_.push_back(std::move(twin));
    return added;
}

Result<Population::Added<ValidatorActor>> Population::add_validator(ActorId id, SimDisk& disk,
                                                                    NodeObserver& observer) {
    const ChainSettings& chain = context_.scenario().chain;
    const Participant& participant = context_.participants.all[id];
    ValidatorSetup setup;
    setup.self = id;
    setup.run_seed = context_.options.seed;
    setup.stakes = share_stakes(context_.stakes_nlux());
    setup.disk = &disk;
    setup.vm = {.genesis = execution_.genesis(),
                .rules = &execution_.rules(),
                .executor = &execution_.executor_of(id),
                .store = setup.disk,
                .queue = queue_of(chain)};
    setup.block_interval_ns = chain.block_interval_ns;
    setup.fallback_delay_ns = chain.block_interval_ns;
    setup.max_block_ops = chain.max_block_ops;
    setup.max_block_bytes = chain.max_block_bytes;
    const EngineRow& engine = engine_row(chain.consensus);
    setup.engine = &engine;
    // An engine builds at most optimal_processing blocks above the last accepted one, and nobody
    // accepts that many more than the rest.
    if (!engine.sole_proposer) setup.silent_blocks = 2 * chain.optimal_processing;
    setup.proposes = !engine.sole_proposer || id == 0;
    setup.environment = &add_environment(id);
    setup.observer = &observer;
    setup.followers = followers_of(id);
    std::ranges::copy_if(setup.followers, std::back_inserter(setup.watchers),
                         [this](ActorId client) { return watches_pending(client); });
    setup.who = [this](ActorId follower) {
        const Participant& one = context_.participants.all[follower];
        return Follower{follower, one.role, one.index_in_role};
    };
    // It cannot fail: check_scenario has accepted the settings of the chain.
    setup.make_engine = [&engine, &chain, id](EngineHost& host, RandomStream& random,
                                              const EpochBegun& epoch) {
        return std::move(engine.make({chain, epoch.stakes, id, host, random, epoch.epoch}).value());
    };
    return add_replicas<ValidatorActor>(participant, std::move(setup));
}

Result<Population::Added<DagValidatorActor>> Population::add_dag_validator(ActorId id,
                                                                           SimDisk& disk,
                                                                           NodeObserver& observer) {
    const ChainSettings& chain = context_.scenario().chain;
    const Participant& participant = context_.participants.all[id];
    DagValidatorSetup setup;
    setup.self = id;
    setup.run_seed = context_.options.seed;
    setup.stakes = share_stakes(context_.stakes_nlux());
    setup.disk = &disk;
    setup.vm = {.genesis = execution_.genesis(),
                .rules = &execution_.rules(),
                .executor = &execution_.cut_executor_of(id),
                .store = setup.disk,
                .queue = queue_of(chain)};
    const EngineRow& engine = engine_of(chain);
    setup.engine = &engine;
    setup.vertex_interval_ns = chain.vertex_interval_ns;
    setup.turn_ns = kCutsPerTurn * chain.block_interval_ns;
    setup.environment = &add_environment(id);
    setup.observer = &observer;
    setup.followers = followers_of(id);
    std::ranges::copy_if(setup.followers, std::back_inserter(setup.watchers),
                         [this](ActorId client) { return watches_pending(client); });
    // It cannot fail: check_scenario has accepted the settings of the chain.
    setup.make_engine = [&engine, &chain, id](EngineHost& host, RandomStream& random,
                                              const EpochBegun& epoch) {
        return std::move(engine.make({chain, epoch.stakes, id, host, random, epoch.epoch}).value());
    };
    return add_replicas<DagValidatorActor>(participant, std::move(setup));
}

Result<Actor*> Population::add_virtual_chain(NodeObserver& observer, OnVirtualBlock on_block) {
    VirtualChainSetup setup;
    setup.run_seed = context_.options.seed;
    setup.genesis = execution_.genesis();
    setup.rules = &execution_.rules();
    setup.chain = context_.scenario().chain;
    setup.queue = queue_of(setup.chain);
    const bool some_miss_blocks = !context_.scenario().faults.empty() || censorship_.has_outages();
    if (some_miss_blocks) setup.history_kept = kHistoryForTheSilenced;
    setup.observer = &observer;
    setup.on_block = std::move(on_block);
    setup.on_paid = [this](ValidatorIndex proposer, Amount amount) {
        censorship_.pay(proposer.value, amount);
    };
    setup.on_stopped = [&observer](const Error& error) { observer.on_stopped(0, error); };
    for (const Participant& one : context_.participants.all) {
        if (one.role != Role::kValidator) {
            setup.followers.push_back(one.id);
            if (watches_pending(one.id)) setup.watchers.push_back(one.id);
            continue;
        }
        // The strategies draw from the streams that they have in the full fidelity, one per
        // validator.
        AIVM_ASSIGN(auto strategy,
                    context_.setting.strategies->validator(one.group, strategy_context(one)));
        setup.strategies.push_back(std::move(strategy));
        setup.stakes.push_back(context_.setting.stakes.at(one.id).nlux());
    }
    setup.environment = &add_environment(0);
    return actors_.emplace_back(std::make_unique<VirtualChain>(std::move(setup))).get();
}

// --- Clients ---

Status Population::add_client(const Participant& participant) {
    ClientSetup client;
    client.self = participant.id;
    client.unsealed = substrate_.is_unsealed();
    client.sources = sources_of(participant.id);
    for (ActorId id = 0; id < substrate_.addressable_validators(); ++id)
        client.validators.push_back(id);
    client.block_interval = static_cast<SimTime>(context_.scenario().chain.block_interval_ns);
    client.environment = &add_environment(participant.id);
    AIVM_ASSIGN(auto actor, make_client(participant, client));
    substrate_.install_client(participant.id, *actor);
    actors_.push_back(std::move(actor));
    return {};
}

Result<std::unique_ptr<Actor>> Population::make_client(const Participant& participant,
                                                       const ClientSetup& client) {
    switch (participant.role) {
        case Role::kProvider:
            return make_provider(participant, client);
        case Role::kChallenger:
            return make_challenger(participant, client);
        default:
            return make_requester(participant, client);
    }
}

Result<std::unique_ptr<Actor>> Population::make_provider(const Participant& participant,
                                                         const ClientSetup& client) {
    const Workload& workload = context_.scenario().workload;
    const Rules& rules = execution_.rules();
    ProviderSetup setup{
        .id = provider_name(participant),
        .bond = participant.group.bond,
        .models = {},
        .speed_ppm = participant.group.speed_ppm,
        .step_time_ns = workload.step_time_ns,
        .exponential_time = workload.work_law == WorkLaw::kExponential,
        .machines = participant.group.machines,
        .batch = participant.group.batch,
        .kernels = rules.kernels,
        .on_device = device_of(participant),
        .rules = context_.scenario().vm,
        .device = Device(participant.group.hardware, provider_name(participant),
                         {execution_.authority(), rules.vendor_root}),
        .on_computed = cost_counter(workload.step_cost, participant.id, OutlayKind::kWork),
        .on_started = on_work_callback(participant.id),
        .on_sent = sent_callback(participant)};
    for (std::uint32_t i = 0; i < workload.models; ++i) setup.models.push_back(model_name(i));
    AIVM_ASSIGN(auto strategy, context_.setting.strategies->provider(
                                   participant.group, strategy_context(participant)));
    return std::make_unique<ProviderActor>(client, signer_of(participant), std::move(setup),
                                           std::move(strategy));
}

Result<std::unique_ptr<Actor>> Population::make_challenger(const Participant& participant,
                                                           const ClientSetup& client) {
    const Workload& workload = context_.scenario().workload;
    const VmParameters& vm = context_.scenario().vm;
    const ChallengerSetup setup{
        .speed_ppm = participant.group.speed_ppm,
        .step_time_ns = workload.check_time_ns,
        .in_clear = vm.policy.challenge_in_clear,
        .window_blocks = vm.config.challenge_window_blocks,
        .kernels = execution_.rules().kernels,
        .on_device = device_of(participant),
        .on_checked = [this](TaskIndex task, std::uint32_t n) { accounting_.checked(task, n); },
        .on_computed = cost_counter(workload.check_cost, participant.id, OutlayKind::kCheck)};
    AIVM_ASSIGN(auto strategy, context_.setting.strategies->challenger(
                                   participant.group, strategy_context(participant)));
    return std::make_unique<ChallengerActor>(client, signer_of(participant), setup,
                                             std::move(strategy));
}

Result<std::unique_ptr<Actor>> Population::make_requester(const Participant& participant,
                                                          const ClientSetup& client) {
    const Workload& workload = context_.scenario().workload;
    const auto requesters = static_cast<std::uint32_t>(
        std::ranges::count(context_.participants.all, Role::kRequester, &Participant::role));
    const std::uint32_t index = participant.index_in_role;
    RequesterSetup setup;
    setup.name = fmt::format("job-{}", index);
    setup.tasks = workload.tasks / requesters + (index < workload.tasks % requesters ? 1 : 0);
    setup.tasks_per_interval_ppm = std::uint64_t{workload.tasks_per_block} * 1'000'000 / requesters;
    setup.interval = client.block_interval;
    if (workload.arrivals == ArrivalLaw::kPoisson)
        setup.mean_gap = workload.mean_gap_ns * requesters;
    setup.fee = fee_of(workload, index % workload.models);
    setup.mode = context_.scenario().vm.config.verification_mode;
    setup.model_id = model_name(index % workload.models);
    setup.model_rows = workload.feature_rows;
    setup.on_refused = [this] { accounting_.refused(); };
    setup.trace = trace_of(index, requesters);
    AIVM_ASSIGN(auto strategy, context_.setting.strategies->requester(
                                   participant.group, strategy_context(participant)));
    if (!strategy->takes_part()) setup.tasks = 0;
    tasks_due_ += setup.tasks;
    if (context_.participants.principal_of(participant.id).honest) honest_tasks_due_ += setup.tasks;
    auto actor = std::make_unique<RequesterActor>(client, signer_of(participant), std::move(setup),
                                                  std::move(strategy));
    requesters_.push_back(actor.get());
    return actor;
}

// The tasks of the trace are dealt to the requesters in turn.
std::vector<RequesterSetup::Due> Population::trace_of(std::uint32_t requester,
                                                      std::uint32_t requesters) const {
    const Workload& workload = context_.scenario().workload;
    std::vector<RequesterSetup::Due> out;
    for (std::size_t i = requester; i < std::min<std::size_t>(trace_.size(), workload.tasks);
         i += requesters) {
        const std::uint32_t model = model_of(workload, trace_[i]);
        __extension__ using Wide = unsigned __int128;
        const Wide at = Wide{trace_[i].at_ns} * workload.trace_stretch_ppm / 1'000'000;
        out.push_back({static_cast<SimTime>(at), model_name(model), fee_of(workload, model)});
    }
    return out;
}

// --- The context of actors of all roles ---

Environment& Population::add_environment(ActorId id) {
    return *environments_.emplace_back(substrate_.make_environment(id));
}

// Spread over the validators: clients with neighbouring ids do not share all their sources.
std::vector<ActorId> Population::sources_of(ActorId client) const {
    const std::uint32_t validators = substrate_.addressable_validators();
    const std::uint32_t count = std::min(kSourcesPerClient, validators);
    std::vector<ActorId> sources;
    for (std::uint32_t i = 0; i < count; ++i)
        sources.push_back((client * kSourcesPerClient + i * (validators / count)) % validators);
    return sources;
}

bool Population::watches_pending(ActorId client) const {
    return context_.setting.strategies->watches_pending(context_.participants.all[client].group);
}

StrategyContext Population::strategy_context(const Participant& participant) {
    StrategyContext out;
    out.random = context_.stream(participant.id, Purpose::kStrategy);
    out.self = identity_of(participant);
    out.accomplices = context_.participants.accomplices.at(participant.principal);
    out.rules = context_.scenario().vm;
    out.block_interval = static_cast<SimTime>(context_.scenario().chain.block_interval_ns);
    const Workload& workload = context_.scenario().workload;
    out.step_cost =
        participant.role == Role::kChallenger ? workload.check_cost : workload.step_cost;
    out.lie_value = times_ppm(workload.value_at_risk, workload.lie_gain_ppm);
    out.in_lux = [this](Amount amount) {
        return context_.price.in_lux(amount, context_.engine.now());
    };
    out.side = &side_;
    return out;
}

ActorDevice Population::device_of(const Participant& participant) const {
    const ActorGroup& group = participant.group;
    const auto name = [&](Purpose purpose) {
        return StreamName{context_.options.seed, participant.id,
                          static_cast<std::uint32_t>(purpose)};
    };
    ActorDevice out{.device = group.device,
                    .step_operations = context_.scenario().workload.step_operations,
                    .faults = group.accelerator,
                    .times = name(Purpose::kAcceleratorTime),
                    .kernels = nullptr};
    if (group.accelerator.changes_answers()) {
        out.kernels = std::make_shared<AcceleratorKernels>(
            *execution_.rules().kernels, group.accelerator, name(Purpose::kAccelerator));
    }
    return out;
}

// Accounts for what computing costs; empty where it costs nothing.
std::function<void(TaskIndex, std::uint32_t)> Population::cost_counter(Amount step_cost,
                                                                       ActorId actor,
                                                                       OutlayKind kind) {
    if (step_cost.is_zero()) return {};
    return [this, step_cost, actor, kind](TaskIndex task, std::uint32_t steps) {
        const SimTime now = context_.engine.now();
        const Amount cost = step_cost.checked_times(steps).value();
        accounting_.spent(actor, kind, task, context_.price.in_lux(cost, now), now);
    };
}

// Records what an honest provider sends; empty for others.
std::function<void(const SentDuty&)> Population::sent_callback(const Participant& provider) {
    if (!context_.participants.principal_of(provider.id).honest) return {};
    return [this, id = provider.id](const SentDuty& duty) {
        accounting_.sent(id, duty, context_.engine.now());
    };
}

// Notifies the probe when the provider begins to compute; empty without a probe.
std::function<void(TaskIndex, SimTime)> Population::on_work_callback(ActorId provider) const {
    if (context_.options.probe == nullptr) return {};
    return [this, provider](TaskIndex task, SimTime waited) {
        context_.options.probe->on_work_started(provider, task, context_.engine.now(), waited);
    };
}

bool Population::shares_are_final(const State& state) const {
    std::vector<Address> beyond;
    for (const RequesterActor* requester : requesters_) {
        if (requester->exceeds_share()) beyond.push_back(requester->account());
    }
    const bool all_submitted = std::ranges::all_of(requesters_, [](const RequesterActor* one) {
        return one->exceeds_share() || one->has_submitted_its_share();
    });
    // Tasks of others may count among the final ones: a flood must not end the run early.
    if (beyond.empty()) return all_submitted;
    bool all_final = true;
    state.tasks.for_each([&](std::size_t, const Task& task) {
        if (!task.terminal() && std::ranges::find(beyond, task.requester) == beyond.end())
            all_final = false;
    });
    return all_submitted && all_final;
}

void Population::close() {
    for (RequesterActor* requester : requesters_) requester->close();
}

}  // namespace aivm::sim
