#include "scenarios/file/liveness_notes.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/base/units.h"
#include "core/config/config_json.h"
#include "sim/scenario/compute_cost.h"
#include "sim/scenario/trace.h"

namespace aivm::scenarios {
namespace {

using sim::ProblemKind;
using sim::ScenarioProblem;

bool loses_answers(const sim::Scenario& s) {
    return !s.faults.empty() || s.swarm.enabled || s.network.loss_ppm > 0;
}

void add_unanimous_polls(const sim::Scenario& s, std::vector<ScenarioProblem>& out) {
    if (s.chain.alpha_confidence != s.chain.k || !loses_answers(s)) return;
    out.push_back({ProblemKind::kNote,
                   {"chain.alpha_confidence", "chain.k"},
                   fmt::format("a poll succeeds only if all {} answers agree, and faults take "
                               "answers away: nothing may be decided while they last",
                               s.chain.k),
                   fmt::format("set chain.alpha_confidence below {}", s.chain.k)});
}

void add_short_timeout(const sim::Scenario& s, const Latencies& latencies,
                       std::vector<ScenarioProblem>& out) {
    const auto& means = latencies.network.mean_ns;
    if (means.empty()) return;
    const std::uint64_t round_trip = 2 * std::ranges::max(means);
    if (s.chain.poll_timeout_max_ns >= round_trip) return;
    out.push_back(
        {ProblemKind::kNote,
         {"chain.poll_timeout_max", "network.latency"},
         fmt::format("polls end after at most {}, and a round trip takes {} on average: "
                     "answers come too late",
                     print_duration(s.chain.poll_timeout_max_ns), print_duration(round_trip)),
         fmt::format("set chain.poll_timeout_max to at least {}", print_duration(2 * round_trip))});
}

bool is_provider(const sim::ActorGroup& group) { return group.role == sim::Role::kProvider; }

bool is_silent(const sim::ActorGroup& group) {
    return group.strategy == "silent_selected" || group.strategy == "absent";
}

void add_no_worker(const sim::Scenario& s, std::vector<ScenarioProblem>& out) {
    const bool has_provider = std::ranges::any_of(s.actors, is_provider);
    const auto works = [](const sim::ActorGroup& g) { return is_provider(g) && !is_silent(g); };
    if (!has_provider || std::ranges::any_of(s.actors, works)) return;
    out.push_back({ProblemKind::kNote,
                   {"provider"},
                   "no provider ever answers, so no task can become final",
                   "add a provider with another strategy"});
}

__extension__ using Wide = unsigned __int128;

std::uint64_t narrowed(Wide value) {
    return static_cast<std::uint64_t>(
        std::min(value, Wide{std::numeric_limits<std::uint64_t>::max()}));
}

bool is_redundant(const sim::Scenario& s) {
    return s.vm.config.verification_mode == VerificationMode::kRedundant;
}

// The tasks of a trace that the run takes; empty without a trace, or with one that is refused.
sim::Trace taken_trace(const sim::Scenario& s) {
    if (s.workload.trace.empty()) return {};
    sim::Trace trace = sim::parse_trace(s.workload.trace).value_or(sim::Trace{});
    trace.resize(std::min<std::size_t>(trace.size(), s.workload.tasks));
    return trace;
}

// When task number `count` of a run is submitted, counted from 1; of Poisson arrivals, on average.
std::uint64_t submitted_at_ns(const sim::Scenario& s, const sim::Trace& trace,
                              std::uint64_t count) {
    const sim::Workload& w = s.workload;
    if (count == 0) return 0;
    if (!trace.empty()) {
        const std::size_t last = std::min<std::size_t>(count, trace.size()) - 1;
        return narrowed(Wide{trace[last].at_ns} * w.trace_stretch_ppm / 1'000'000);
    }
    if (w.arrivals == sim::ArrivalLaw::kPoisson) return narrowed(Wide{count} * w.mean_gap_ns);
    const std::uint64_t per_block = std::max(w.tasks_per_block, 1U);
    return narrowed(Wide{(count - 1) / per_block} * s.chain.block_interval_ns);
}

// From the submission of a task to its settlement, at least: a block for the result, the window,
// and a block to settle.
std::uint64_t settling_ns(const sim::Scenario& s) {
    const std::uint64_t window = is_redundant(s) ? 0 : s.vm.config.challenge_window_blocks;
    return narrowed((Wide{window} + 2) * s.chain.block_interval_ns);
}

// How many tasks are submitted so early that they can settle within the run.
std::uint64_t tasks_that_fit(const sim::Scenario& s, const sim::Trace& trace) {
    const std::uint64_t settling = settling_ns(s);
    std::uint64_t fits = 0;
    for (std::uint64_t step = std::uint64_t{1} << 32; step != 0; step /= 2) {
        const std::uint64_t more = fits + step;
        if (more <= s.workload.tasks &&
            Wide{submitted_at_ns(s, trace, more)} + settling <= s.run.max_time_ns)
            fits = more;
    }
    return fits;
}

void add_late_tasks(const sim::Scenario& s, const sim::Trace& trace,
                    std::vector<ScenarioProblem>& out) {
    const std::uint64_t fits = tasks_that_fit(s, trace);
    // With none the window alone is too long, which is an error.
    if (fits == s.workload.tasks || fits == 0) return;
    const std::uint64_t last = submitted_at_ns(s, trace, s.workload.tasks);
    const bool is_drawn = trace.empty() && s.workload.arrivals == sim::ArrivalLaw::kPoisson;
    out.push_back(
        {ProblemKind::kNote,
         {"tasks.count", "run.max_time"},
         fmt::format("the run ends before its work: the last of {} tasks is submitted after {}{}, "
                     "needs {} more to become final, and run.max_time is {}",
                     s.workload.tasks, exact_duration(last), is_drawn ? " on average" : "",
                     exact_duration(settling_ns(s)), exact_duration(s.run.max_time_ns)),
         fmt::format("set tasks.count to at most {}, or run.max_time to at least \"{}\"", fits,
                     exact_duration(narrowed(Wide{last} + settling_ns(s))))});
}

// Steps of all tasks together, over all providers that compute each of them.
double steps_of_all(const sim::Scenario& s, const sim::Trace& trace) {
    const sim::Workload& w = s.workload;
    double steps = 0;
    for (const sim::TraceTask& task : trace)
        steps += static_cast<double>(sim::steps_of_model(w, sim::model_of(w, task)));
    if (trace.empty()) {
        for (std::uint32_t model = 0; model < w.models; ++model)
            steps += static_cast<double>(sim::steps_of_model(w, model)) * w.tasks / w.models;
    }
    return is_redundant(s) ? steps * s.vm.policy.redundancy_providers : steps;
}

// Steps per nanosecond of a group with full batches.
double speed_of(const sim::ActorGroup& group, const sim::Workload& w) {
    double step_ns = static_cast<double>(w.step_time_ns);
    if (group.device != sim::DeviceClass::kNone) {
        step_ns =
            static_cast<double>(sim::kernel_time_ns(group.device, sim::KernelKind::kInferenceStep,
                                                    w.step_operations * group.batch)) /
            group.batch;
    }
    const double machines = static_cast<double>(group.count) * group.machines;
    return step_ns == 0 ? std::numeric_limits<double>::infinity()
                        : static_cast<double>(group.speed_ppm) / 1e6 * machines / step_ns;
}

// Only where every provider computes: how much the others work is up to their strategies.
void add_slow_providers(const sim::Scenario& s, const sim::Trace& trace,
                        std::vector<ScenarioProblem>& out) {
    double speed = 0;
    for (const sim::ActorGroup& group : s.actors) {
        if (!is_provider(group) || is_silent(group)) continue;
        if (group.strategy != "honest") return;
        speed += speed_of(group, s.workload);
    }
    const std::uint64_t last = submitted_at_ns(s, trace, s.workload.tasks);
    const double time =
        static_cast<double>(last) + static_cast<double>(s.vm.config.task_timeout_ns);
    const double share = speed * time / steps_of_all(s, trace);
    constexpr double kClearlyTooLittle = 0.5;
    if (speed == 0 || !(share < kClearlyTooLittle)) return;  // no number without tasks
    out.push_back({ProblemKind::kNote,
                   {"tasks.step_time", "tasks.count"},
                   fmt::format("the providers together can compute at most {:.2g} % of the tasks "
                               "before those time out: most will expire",
                               100 * share),
                   "add providers or machines, raise their speed, or lower tasks.count or "
                   "tasks.step_time"});
}

}  // namespace

std::vector<ScenarioProblem> liveness_notes(const sim::Scenario& scenario,
                                            const Latencies& latencies) {
    std::vector<ScenarioProblem> out;
    const bool polls = scenario.run.fidelity == sim::Fidelity::kFull &&
                       scenario.chain.consensus == sim::ConsensusKind::kSnowman;
    if (polls) {
        add_unanimous_polls(scenario, out);
        add_short_timeout(scenario, latencies, out);
    }
    add_no_worker(scenario, out);
    const sim::Trace trace = taken_trace(scenario);
    add_late_tasks(scenario, trace, out);
    add_slow_providers(scenario, trace, out);
    return out;
}

}  // namespace aivm::scenarios
