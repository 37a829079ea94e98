#include "sim/world/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/world/world_impl.h"

namespace aivm::sim {
namespace {

constexpr std::array<std::string_view, 6> kEventNames{"delivery",   "timer", "fault begins",
                                                      "fault ends", "look",  "outage ends"};

}  // namespace

std::string_view event_name(std::uint32_t kind) { return kEventNames.at(kind); }

Outcome World::Impl::run() {
    for (const auto& actor : actors_) {
        if (actor) actor->start();
    }
    RunLimits limits;
    limits.last_time = static_cast<SimTime>(setting_.scenario.run.max_time_ns);
    limits.max_events = setting_.scenario.run.max_events;
    return close(engine_.run(*this, limits));
}

Outcome World::Impl::close(StopReason reason) {
    if (!interrupted_ && !unexpected_) notify_invariants([](Invariant& i) { i.at_end(); });
    Outcome out;
    out.scenario = setting_.scenario.name;
    out.seed = options_.seed;
    out.events = engine_.events_executed();
    out.messages = network_ ? network_->counters().sent : messages_handed_over_;
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
    accounting_->write(chain_tip_->state, sink,
                       {outcome.events, outcome.messages, outcome.virtual_time, wall_time_ns});
    const auto& faults = setting_.scenario.faults;
    for (std::uint32_t i = 0; i < faults.size(); ++i) {
        FaultRow row{i, std::string(word(faults[i].kind)), faults[i].at_ns,
                     faults[i].at_ns + duration_of(faults[i], setting_.scenario.chain), ""};
        for (const NodeId node : targets_of(faults[i])) {
            row.targets += (row.targets.empty() ? "" : " ") + cast_.directory.name(node);
        }
        sink.add(row);
    }
    for (std::uint32_t i = 0; i < outcome.violations.size(); ++i) {
        const Violation& v = outcome.violations[i];
        sink.add(ViolationRow{i, v.invariant, static_cast<std::uint64_t>(v.time), v.block,
                              fmt::format("{}", fmt::join(v.actors, " ")), v.message, v.expected,
                              ""});
    }
    outcome.metrics = accounting_->metrics();
    outcome.payoffs = accounting_->payoffs();
    for (std::uint32_t i = 0; i < cast_.directory.principals.size(); ++i) {
        const Principal& p = cast_.directory.principals[i];
        outcome.principals.push_back({i, p.label, p.strategy, p.parameters, p.honest});
    }
}

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
            traced.kind = std::string(event_name(record.kind));
        }
        out.push_back(std::move(traced));
    }
    return out;
}

}  // namespace aivm::sim
