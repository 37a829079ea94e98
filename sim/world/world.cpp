// The wiring of a world: what it consists of, when it ends, and what it leaves.
#include "sim/world/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/scenario/check_scenario.h"
#include "sim/world/chain_watch.h"
#include "sim/world/economic_substrate.h"
#include "sim/world/full_substrate.h"
#include "sim/world/population.h"

namespace aivm::sim {
namespace {

// How often the world checks whether the run is over.
constexpr SimTime kSampleInterval = 10 * kSecond;

constexpr std::array<std::string_view, 6> kEventNames{"delivery",   "timer",  "fault begins",
                                                      "fault ends", "sample", "outage ends"};

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
    void plan_faults();
    void on_event(const Engine::Event& event);
    void sample();
    [[nodiscard]] bool work_is_done() const;
    [[nodiscard]] bool books_are_closed() const;
    [[nodiscard]] Outcome finish(StopReason reason);

    RunContext context_;
    Execution execution_;
    Truth truth_;
    Accounting accounting_;
    CensorshipEffects censorship_;
    ChainWatch watch_;
    std::unique_ptr<Substrate> substrate_;
    Population population_;
    std::vector<PlannedFault> faults_;  // in the order of the scenario
    bool interrupted_ = false;
};

// --- Building ---

World::Impl::Impl(const Setting& setting, const WorldOptions& options)
    : context_(setting, options),
      execution_(context_,
                 [this](std::string_view invariant, const std::string& message) {
                     watch_.report_violation(invariant, message);
                 }),
      accounting_(context_.scenario(), context_.participants, truth_),
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
    AIVM_TRY(execution_.build(context_));
    if (context_.options.window) context_.trace.keep_window(*context_.options.window);
    context_.note(TraceTag::kSetting,
                  Writer().u64(context_.options.seed).fixed(execution_.genesis()->id).view());
    if (context_.options.trace) context_.engine.attach(&context_.trace);
    watch_.begin(*substrate_);
    AIVM_TRY(population_.build());
    plan_faults();
    context_.engine.post_at(kSampleInterval, Priority::kObserver, world_event(EventKind::kSample));
    return {};
}

void World::Impl::plan_faults() {
    for (const FaultPlan& plan : context_.scenario().faults) {
        const std::uint64_t duration = duration_of(plan, context_.scenario().chain);
        const auto begins_at = static_cast<SimTime>(plan.at_ns);
        const auto ends_at = static_cast<SimTime>(plan.at_ns + duration);
        const std::size_t index = faults_.size();
        faults_.push_back(
            {&plan, targets_of(plan, context_.participants, context_.setting), ends_at});
        context_.engine.post_at(begins_at, Priority::kFault,
                                world_event(EventKind::kFaultBegins, index));
        context_.engine.post_at(ends_at, Priority::kFault,
                                world_event(EventKind::kFaultEnds, index));
    }
}

// --- Running ---

Outcome World::Impl::run() {
    population_.start();
    RunLimits limits;
    limits.last_time = static_cast<SimTime>(context_.scenario().run.max_time_ns);
    limits.max_events = context_.scenario().run.max_events;
    return finish(substrate_->run(limits, [this](const Engine::Event& event) { on_event(event); }));
}

void World::Impl::on_event(const Engine::Event& event) {
    const std::uint64_t index = event.payload.payload;
    switch (static_cast<EventKind>(event.payload.kind)) {
        case EventKind::kFaultBegins:
            substrate_->impose(index, faults_.at(index));
            return watch_.on_faults_changed();
        case EventKind::kFaultEnds:
            substrate_->clear(index, faults_.at(index));
            return watch_.on_faults_changed();
        case EventKind::kOutageEnds:
            return censorship_.end_outage(*substrate_);
        default:
            return sample();
    }
}

void World::Impl::sample() {
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

Outcome World::Impl::finish(StopReason reason) {
    if (!interrupted_ && !watch_.has_unexpected_violation()) watch_.at_end(population_.tasks_due());
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
    for (const auto& invariant : watch_.invariants()) {
        out.invariants.emplace_back(invariant->info().id);
        out.checks_of.push_back(invariant->checks());
        out.invariant_checks += invariant->checks();
    }
    out.invariant_checks += execution_.comparisons();
    out.violations = watch_.violations();
    for (const std::string& id : context_.scenario().expected_violations) {
        if (std::ranges::find(out.violations, id, &Violation::invariant) == out.violations.end())
            out.missing_violations.push_back(id);
    }
    if (interrupted_) {
        out.status = RunStatus::kInterrupted;
    } else if (reason == StopReason::kEventLimit) {
        out.status = RunStatus::kBudget;
    } else if (watch_.has_unexpected_violation() || !out.missing_violations.empty()) {
        out.status = RunStatus::kViolated;
    }
    return out;
}

void World::Impl::write_results(RowSink& sink, std::uint64_t wall_time_ns, Outcome& outcome) {
    const Participants& participants = context_.participants;
    accounting_.write(watch_.tip().state, sink,
                      {outcome.events, outcome.messages, outcome.virtual_time, wall_time_ns});
    for (const AnchorRow& row : watch_.anchors().rows(outcome.virtual_time)) sink.add(row);
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
