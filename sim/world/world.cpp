// The wiring of a world: what it consists of, when it ends, and what it leaves.
#include "sim/world/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "core/base/check.h"
#include "sim/faults/swarm.h"
#include "sim/scenario/check_scenario.h"
#include "sim/scenario/hashing.h"
#include "sim/world/chain_watch.h"
#include "sim/world/economic_substrate.h"
#include "sim/world/full_substrate.h"
#include "sim/world/population.h"

namespace aivm::sim {
namespace {

// How often the world checks whether the run is over.
constexpr SimTime kSampleInterval = 10 * kSecond;

// Events between two looks at the budgets of the machine: some 20 ms.
constexpr std::uint64_t kSliceEvents = 1 << 16;

constexpr std::array<std::string_view, 7> kEventNames{
    "delivery", "timer", "fault begins", "fault ends", "sample", "outage ends", "resend"};

// The greatest mean latency of a link.
std::uint64_t slowest_latency(const Setting& setting) {
    std::uint64_t slowest = 0;
    const auto look_at = [&](const LatencyTable& table) {
        for (const std::uint64_t mean : table.mean_ns) slowest = std::max(slowest, mean);
    };
    look_at(setting.latency);
    for (const auto& latency : setting.link_latencies)
        if (latency) look_at(*latency);
    return slowest;
}

std::uint64_t greatest_jitter(const Scenario& scenario) {
    std::uint64_t jitter = scenario.network.jitter_ns;
    for (const LinkRule& link : scenario.links)
        jitter = std::max(jitter, link.jitter_ns.value_or(0));
    return jitter;
}

// Whether amounts of money did not add up: a subtraction below zero, a sum above the largest
// amount.
bool is_of_amounts(const CheckFailure& failure) {
    return std::string_view(failure.what()).find("core/base/amount.h") != std::string_view::npos;
}

EventBody world_event(EventKind kind, std::uint64_t payload = 0) {
    return {kWorldItself, static_cast<std::uint16_t>(kind), payload};
}

}  // namespace

std::string_view event_name(std::uint32_t kind) { return kEventNames.at(kind); }

void record_event(const RunContext& context, const Engine::Event& event) {
    EventRow row;
    row.sequence = context.engine.events_executed();
    row.time_ns = static_cast<std::uint64_t>(event.time);
    row.actor = event.payload.actor;
    row.kind = std::string(event_name(event.payload.kind));
    row.digest = context.trace.digest().hex();
    context.options.events->add(row);
}

// Its members are built in this order: each uses only those before it.
class World::Impl {
public:
    Impl(const Setting& setting, const WorldOptions& options);
    [[nodiscard]] Status build();
    Outcome run();
    void write_results(RowSink& sink, std::uint64_t wall_time_ns, Outcome& outcome);
    [[nodiscard]] std::vector<TracedEvent> traced() const;

    [[nodiscard]] const TraceDigest& trace() const { return context_.trace; }
    [[nodiscard]] const std::vector<BlockPtr>& history() const { return watch_.history(); }
    [[nodiscard]] ChainBasis chain_basis() const {
        return {execution_.genesis(), execution_.rules(), context_.scenario(),
                context_.participants};
    }

private:
    [[nodiscard]] std::unique_ptr<Substrate> make_substrate();
    // Draws the faults of the seed and resolves the targets of all, which the actors' strategies
    // depend on.
    void plan_faults();
    void plan_fault(const FaultPlan& plan);
    // Posts the events of the faults.
    void post_faults();
    // What the faults and the parameters let expect of liveness.
    [[nodiscard]] Recovery expected_recovery() const;
    [[nodiscard]] RecoveryParameters recovery_parameters() const;
    void on_event(const Engine::Event& event);
    void sample();
    [[nodiscard]] bool work_is_done() const;
    [[nodiscard]] bool books_are_closed() const;
    // The budget that the run has used up, by its key; empty if none.
    [[nodiscard]] std::string_view budget_used_up() const;
    [[nodiscard]] BudgetEnd budget_end(std::string_view budget) const;
    // Executes the accepted chain once more, and reports a difference.
    void replay();
    void replay_cuts();
    [[nodiscard]] std::vector<std::uint64_t> checks_by_invariant() const;
    [[nodiscard]] Outcome finish(StopReason reason);

    RunContext context_;
    Execution execution_;
    Truth truth_;
    Accounting accounting_;
    CensorshipEffects censorship_;
    ChainWatch watch_;
    std::unique_ptr<Substrate> substrate_;
    Population population_;
    std::vector<FaultPlan> drawn_;      // faults, from the seed
    std::vector<PlannedFault> faults_;  // in the order of the scenario, then those drawn
    std::size_t faults_left_ = 0;       // of them, that have not ended
    bool interrupted_ = false;
    std::string_view budget_;       // that ended the run; empty if none
    std::uint64_t started_ns_ = 0;  // real time, if there is a clock
};

// --- Building ---

World::Impl::Impl(const Setting& setting, const WorldOptions& options)
    : context_(setting, options),
      execution_(context_,
                 [this](std::string_view invariant, const std::string& message) {
                     watch_.report_violation(invariant, message);
                 }),
      accounting_(context_.scenario(), context_.participants, truth_, &context_.price),
      censorship_(context_, accounting_, truth_),
      watch_(context_, execution_, accounting_, censorship_),
      substrate_(make_substrate()),
      population_(context_, execution_, accounting_, censorship_, *substrate_) {}

std::unique_ptr<Substrate> World::Impl::make_substrate() {
    if (context_.scenario().run.fidelity == Fidelity::kEconomic)
        return std::make_unique<EconomicSubstrate>(context_, watch_, accounting_);
    return std::make_unique<FullSubstrate>(context_, watch_);
}

Status World::Impl::build() {
    plan_faults();
    AIVM_TRY(execution_.build(context_));
    if (context_.options.window) context_.trace.keep_window(*context_.options.window);
    context_.note(TraceTag::kSetting,
                  Writer().u64(context_.options.seed).fixed(execution_.genesis()->id).view());
    if (context_.options.trace) context_.engine.attach(&context_.trace);
    watch_.begin(*substrate_);
    AIVM_TRY(population_.build(faults_));
    post_faults();
    watch_.expect_recovery(expected_recovery());
    context_.engine.post_at(kSampleInterval, Priority::kObserver, world_event(EventKind::kSample));
    return {};
}

void World::Impl::plan_faults() {
    for (const FaultPlan& plan : context_.scenario().faults) plan_fault(plan);
    drawn_ = draw_faults(context_.scenario(), context_.setting.stakes, context_.choices);
    for (const FaultPlan& plan : drawn_) plan_fault(plan);
    faults_left_ = faults_.size();
}

void World::Impl::plan_fault(const FaultPlan& plan) {
    const std::uint64_t duration = duration_of(plan, context_.scenario().chain);
    const auto ends_at = static_cast<SimTime>(plan.at_ns + duration);
    faults_.push_back({&plan, targets_of(plan, context_.participants, context_.setting), ends_at,
                       sides_of(plan, context_.participants, context_.setting)});
    if (!traits_of(plan.kind).deviates) return;
    for (const ActorId target : faults_.back().targets)
        context_.participants.all[target].deviates = true;
}

void World::Impl::post_faults() {
    for (std::size_t index = 0; index < faults_.size(); ++index) {
        const auto begins_at = static_cast<SimTime>(faults_[index].plan->at_ns);
        context_.engine.post_at(begins_at, Priority::kFault,
                                world_event(EventKind::kFaultBegins, index));
        context_.engine.post_at(faults_[index].ends_at, Priority::kFault,
                                world_event(EventKind::kFaultEnds, index));
    }
}

RecoveryParameters World::Impl::recovery_parameters() const {
    const ChainSettings& chain = context_.scenario().chain;
    const NetworkSettings& network = context_.scenario().network;
    RecoveryParameters out;
    out.block_interval = static_cast<SimTime>(chain.block_interval_ns);
    // Latencies are Pareto with shape 5: one in a hundred is above twice its mean.
    const std::uint64_t slowest = slowest_latency(context_.setting);
    const std::uint64_t late = network.reorder_ppm == 0 ? 0 : network.reorder_delay_ns;
    out.round_trip =
        static_cast<SimTime>(2 * (2 * slowest + greatest_jitter(context_.scenario()) + late));
    SimTime first = std::numeric_limits<SimTime>::max();
    SimTime last = 0;
    for (const PlannedFault& fault : faults_) {
        first = std::min(first, static_cast<SimTime>(fault.plan->at_ns));
        last = std::max(last, fault.ends_at);
        if (traits_of(fault.plan->kind).domain == FaultDomain::kClock)
            out.clock_skew = static_cast<SimTime>(context_.scenario().vm.policy.max_clock_skew_ns);
    }
    out.faults_last = std::max<SimTime>(last - first, 0);
    out.finality_delay = static_cast<SimTime>(chain.finality_delay_ns);
    if (const VotingRules* const voting = engine_row(chain.consensus).voting) {
        out.round_timeout = static_cast<SimTime>(voting->round_timeout_ns);
        // Those of proposers that deviate, and of two that are silent after a fault.
        out.failing_rounds = 2;
        for (ActorId node = 0; node < chain.validators; ++node)
            if (!watch_.correct(node)) ++out.failing_rounds;
    }
    const bool of_dag = engine_row(chain.consensus).of_dag;
    if (!engine_row(chain.consensus).polls && !of_dag) return out;
    out.k = chain.sampling == SnowSampling::kStakeUnits ? chain.k
                                                        : std::min(chain.k, chain.validators - 1);
    out.alpha_confidence = chain.alpha_confidence;
    out.beta = of_dag ? chain.beta_rogue : chain.beta;
    out.concurrent_polls = chain.concurrent_polls;
    out.poll_timeout = static_cast<SimTime>(chain.poll_timeout_max_ns);
    double honest = 0;
    double total = 0;
    for (ActorId node = 0; node < chain.validators; ++node) {
        const double stake = static_cast<double>(context_.setting.stakes[node].nlux());
        total += stake;
        if (watch_.correct(node)) honest += stake;
    }
    const double arrives = 1 - static_cast<double>(network.loss_ppm) / kPpm;
    out.answer_chance = honest / total * arrives * arrives;
    return out;
}

// The models of censorship that cut groups off do so for the whole run, and the virtual chain of
// the economic fidelity has no validators that could lag.
Recovery World::Impl::expected_recovery() const {
    const Scenario& scenario = context_.scenario();
    if (scenario.run.fidelity == Fidelity::kEconomic ||
        scenario.chain.censorship == CensorshipModel::kPartition)
        return {};
    const auto computed = recovery_limit(recovery_parameters());
    if (faults_.empty()) return {std::nullopt, computed, computed};
    const SimTime healed_at = std::ranges::max(faults_, {}, &PlannedFault::ends_at).ends_at;
    const auto quiet = static_cast<SimTime>(scenario.run.quiet_period_ns);
    return {healed_at, quiet == 0 ? computed : std::optional(quiet), computed};
}

// --- Running ---

Outcome World::Impl::run() {
    const ScenarioHashing hashing(context_.scenario());
    if (context_.options.wall_clock_ns) started_ns_ = context_.options.wall_clock_ns();
    population_.start();
    const RunSettings& settings = context_.scenario().run;
    RunLimits limits;
    limits.last_time = static_cast<SimTime>(settings.max_time_ns);
    StopReason reason = StopReason::kEventLimit;
    // In slices, so that the budgets of the machine are looked at. The events are the same.
    while (reason == StopReason::kEventLimit && budget_.empty()) {
        limits.max_events =
            std::min(kSliceEvents, settings.max_events - context_.engine.events_executed());
        try {
            reason =
                substrate_->run(limits, [this](const Engine::Event& event) { on_event(event); });
        } catch (const CheckFailure& failure) {
            // A sum that does not add up is a violation of the world, found by the arithmetic.
            if (!is_of_amounts(failure)) throw;
            watch_.report_violation("E1", failure.what());
            reason = StopReason::kStopped;
        }
        if (reason == StopReason::kEventLimit) budget_ = budget_used_up();
    }
    return finish(reason);
}

std::string_view World::Impl::budget_used_up() const {
    const RunSettings& settings = context_.scenario().run;
    const WorldOptions& options = context_.options;
    if (context_.engine.events_executed() >= settings.max_events) return "run.max_events";
    if (options.wall_clock_ns && settings.max_wall_time_ns != 0 &&
        options.wall_clock_ns() - started_ns_ >= settings.max_wall_time_ns)
        return "run.max_wall_time";
    if (options.memory_bytes && settings.max_memory_bytes != 0 &&
        options.memory_bytes() >= settings.max_memory_bytes)
        return "run.max_memory";
    return {};
}

void World::Impl::on_event(const Engine::Event& event) {
    const std::uint64_t index = event.payload.payload;
    switch (static_cast<EventKind>(event.payload.kind)) {
        case EventKind::kFaultBegins:
            substrate_->impose(index, faults_.at(index));
            return watch_.on_faults_changed();
        case EventKind::kFaultEnds:
            substrate_->clear(index, faults_.at(index));
            watch_.on_faults_changed();
            if (--faults_left_ == 0) watch_.on_healed();
            return;
        case EventKind::kOutageEnds:
            return censorship_.end_outage(*substrate_);
        default:
            return sample();
    }
}

void World::Impl::sample() {
    watch_.on_sample();
    if (watch_.has_unexpected_violation()) return;
    if (work_is_done()) {
        population_.close();
        if (books_are_closed()) return context_.engine.stop();
    }
    const auto& progress = context_.options.progress;
    if (progress && !progress(context_.engine.now(), watch_.final_tasks())) {
        interrupted_ = true;
        return context_.engine.stop();
    }
    context_.engine.post_in(kSampleInterval, Priority::kObserver, world_event(EventKind::kSample));
}

// Whether all work is final, every fault is over, and every validator that runs has seen all work
// become final.
bool World::Impl::work_is_done() const {
    const std::uint64_t tasks = population_.tasks_due();
    if (watch_.final_tasks() < tasks) return false;
    if (!population_.shares_are_final(watch_.tip().state)) return false;
    const SimTime now = context_.engine.now();
    const bool faults_are_over = std::ranges::all_of(
        faults_, [&](const PlannedFault& fault) { return fault.ends_at <= now; });
    return faults_are_over && substrate_->has_caught_up(tasks);
}

// Whether nothing is owed any more for tasks that were submitted beyond the workload.
bool World::Impl::books_are_closed() const {
    return watch_.final_tasks() == watch_.tip().state.tasks.size();
}

// --- Ending ---

BudgetEnd World::Impl::budget_end(std::string_view budget) const {
    BudgetEnd out;
    out.budget = budget;
    const auto& all = context_.participants.all;
    context_.last_second.describe(
        context_.engine.now(),
        {.actor = [&](std::size_t id) { return id < all.size() ? all[id].name : "world"; },
         .kind = [](std::size_t kind) { return std::string(kEventNames.at(kind)); }},
        out);
    return out;
}

void World::Impl::replay() {
    const Scenario& scenario = context_.scenario();
    if (scenario.run.fidelity == Fidelity::kEconomic || !scenario.run.solo_replay ||
        !context_.options.invariants)
        return;
    if (engine_row(scenario.chain.consensus).of_dag) return replay_cuts();
    // The node that got furthest.
    const Vm* furthest = nullptr;
    for (ActorId node = 0; node < scenario.chain.validators; ++node) {
        const Vm* vm = watch_.vm(node);
        if (vm == nullptr || !watch_.correct(node)) continue;
        if (furthest == nullptr || vm->last_accepted_height() > furthest->last_accepted_height())
            furthest = vm;
    }
    if (furthest == nullptr) return;
    if (const auto difference = execution_.replay(*furthest))
        watch_.report_violation(difference->invariant, difference->message);
}

void World::Impl::replay_cuts() {
    const DagVm* furthest = nullptr;
    for (ActorId node = 0; node < context_.scenario().chain.validators; ++node) {
        const DagVm* vm = watch_.dag_vm(node);
        if (vm == nullptr || !watch_.correct(node)) continue;
        if (furthest == nullptr || vm->last_cut_number() > furthest->last_cut_number())
            furthest = vm;
    }
    if (furthest == nullptr) return;
    if (const auto difference = execution_.replay_cuts(*furthest))
        watch_.report_violation(difference->invariant, difference->message);
}

// The comparisons that are made outside the invariants count for those that report them.
std::vector<std::uint64_t> World::Impl::checks_by_invariant() const {
    std::vector<std::uint64_t> out;
    for (const auto& invariant : watch_.invariants()) {
        std::uint64_t checks = invariant->checks();
        if (invariant->info().id == "S14")
            checks += execution_.executor().comparisons() + execution_.cut_comparisons() +
                      execution_.blocks_replayed();
        if (invariant->info().id == "R3") checks += execution_.blocks_reversed();
        if (invariant->info().id == "K1") checks += execution_.comparisons();
        if (invariant->info().id == "K2") checks += execution_.border_checks();
        out.push_back(checks);
    }
    return out;
}

Outcome World::Impl::finish(StopReason reason) {
    if (!interrupted_ && !watch_.has_unexpected_violation()) {
        watch_.at_end(population_.honest_tasks_due());
        if (!watch_.has_unexpected_violation()) replay();
    }
    // A run that its time limit ends before the chain had to recover says nothing about liveness.
    if (reason == StopReason::kTimeLimit && !work_is_done() &&
        watch_.recovery().may_still_recover(context_.engine.now()))
        budget_ = "run.max_time";
    Outcome out;
    out.scenario = context_.scenario().name;
    out.seed = context_.options.seed;
    out.events = context_.engine.events_executed();
    out.messages = substrate_->messages();
    out.virtual_time = context_.engine.now();
    out.blocks = watch_.tip().state.head.height;
    out.digest = context_.trace.digest();
    out.checkpoints = context_.trace.checkpoints();
    out.choices = context_.choices.choices();
    out.recovery_time = watch_.recovery().time_taken(!work_is_done());
    if (watch_.recovery().healed_at()) out.recovery_limit = watch_.recovery().limit();
    out.checks_of = checks_by_invariant();
    for (const auto& invariant : watch_.invariants())
        out.invariants.emplace_back(invariant->info().id);
    for (const std::uint64_t checks : out.checks_of) out.invariant_checks += checks;
    out.violations = watch_.violations();
    for (const std::string& id : context_.scenario().expected_violations) {
        if (std::ranges::find(out.violations, id, &Violation::invariant) == out.violations.end())
            out.missing_violations.push_back(id);
    }
    if (interrupted_) {
        out.status = RunStatus::kInterrupted;
    } else if (!budget_.empty()) {
        out.status = RunStatus::kBudget;
        out.budget_end = budget_end(budget_);
    } else if (watch_.has_unexpected_violation() || !out.missing_violations.empty()) {
        out.status = RunStatus::kViolated;
    }
    return out;
}

void World::Impl::write_results(RowSink& sink, std::uint64_t wall_time_ns, Outcome& outcome) {
    const ScenarioHashing hashing(context_.scenario());
    const Participants& participants = context_.participants;
    const Scenario& scenario = context_.scenario();
    const bool of_dag =
        scenario.run.fidelity == Fidelity::kFull && engine_row(scenario.chain.consensus).of_dag;
    RunTotals totals{outcome.events, outcome.messages, outcome.virtual_time, wall_time_ns,
                     outcome.recovery_time};
    if (of_dag) totals.dag = watch_.dag().figures();
    accounting_.write(watch_.tip().state, sink, totals);
    for (const AnchorRow& row : watch_.anchors().rows(outcome.virtual_time)) sink.add(row);
    watch_.dag().write(sink);
    for (std::uint32_t i = 0; i < faults_.size(); ++i) {
        const FaultPlan& plan = *faults_[i].plan;
        FaultRow row{i, std::string(word(plan.kind)), plan.at_ns,
                     static_cast<std::uint64_t>(faults_[i].ends_at), ""};
        for (const ActorId target : faults_[i].targets)
            row.targets += (row.targets.empty() ? "" : " ") + participants.name(target);
        sink.add(row);
    }
    for (std::uint32_t i = 0; i < outcome.violations.size(); ++i) {
        const Violation& v = outcome.violations[i];
        sink.add(ViolationRow{i, v.invariant, static_cast<std::uint64_t>(v.time), v.block,
                              fmt::format("{}", fmt::join(v.actors, " ")), v.message, v.expected,
                              ""});
    }
    outcome.metrics = accounting_.metrics();
    outcome.payoffs = accounting_.payoffs();
    for (std::uint32_t i = 0; i < participants.principals.size(); ++i) {
        const Principal& p = participants.principals[i];
        outcome.principals.push_back({i, p.label, p.strategy, p.parameters, p.honest});
    }
}

std::vector<World::TracedEvent> World::Impl::traced() const {
    std::vector<TracedEvent> out;
    for (const TraceRecord& record : context_.trace.window()) {
        TracedEvent traced{record, "", "state root"};
        if (!record.is_note()) {
            traced.actor =
                record.actor == kWorldItself ? "world" : context_.participants.name(record.actor);
            traced.kind = std::string(event_name(record.kind));
        }
        out.push_back(std::move(traced));
    }
    return out;
}

// --- The public class ---

World::World(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
World::~World() = default;

Result<std::unique_ptr<World>> World::make(const Setting& setting, const WorldOptions& options) {
    AIVM_TRY(check_runnable(setting.scenario));
    const ScenarioHashing hashing(setting.scenario);
    auto impl = std::make_unique<Impl>(setting, options);
    AIVM_TRY(impl->build());
    return std::unique_ptr<World>(new World(std::move(impl)));
}

Outcome World::run() { return impl_->run(); }

void World::write_results(RowSink& sink, std::uint64_t wall_time_ns, Outcome& outcome) {
    impl_->write_results(sink, wall_time_ns, outcome);
}

const TraceDigest& World::trace() const { return impl_->trace(); }

World::ChainBasis World::chain_basis() const { return impl_->chain_basis(); }

const std::vector<BlockPtr>& World::history() const { return impl_->history(); }

std::vector<World::TracedEvent> World::traced() const { return impl_->traced(); }

}  // namespace aivm::sim
