#include "scenarios/campaign/campaign_worker.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <new>

#include "core/base/check.h"
#include "core/kernels/kernels.h"
#include "scenarios/campaign/finding.h"
#include "scenarios/campaign/probes.h"
#include "scenarios/campaign/trace_key.h"
#include "scenarios/file/load.h"
#include "scenarios/run/setting.h"
#include "sim/world/world.h"

namespace aivm::scenarios {
namespace {

std::uint64_t cpu_us() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto us = [](const timeval& t) {
        return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000 +
               static_cast<std::uint64_t>(t.tv_usec);
    };
    return us(usage.ru_utime) + us(usage.ru_stime);
}

std::uint64_t memory_kib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::uint64_t>(usage.ru_maxrss);
}

RunEnd end_of(const sim::Outcome& outcome) {
    switch (outcome.status) {
        case sim::RunStatus::kViolated:
            return RunEnd::kViolated;
        case sim::RunStatus::kBudget:
            return RunEnd::kBudget;
        default:
            return RunEnd::kClean;
    }
}

void add_violations(const sim::Outcome& outcome, RunRecord& out) {
    for (const sim::Violation& v : outcome.violations) {
        if (!v.expected) out.violations.push_back({v.invariant, v.name, v.message, v.liveness});
    }
    for (const std::string& missing : outcome.missing_violations) {
        out.violations.push_back({missing, "expected-violation",
                                  "the scenario expects this violation, and it did not happen",
                                  false});
    }
}

Result<sim::Outcome> outcome_of(const sim::Setting& setting, std::uint64_t seed, bool paranoid,
                                sim::Probe* probe, TimestampNs* genesis_time = nullptr) {
    sim::WorldOptions options;
    options.seed = seed;
    options.paranoid = paranoid;
    options.probe = probe;
    AIVM_ASSIGN(const auto world, sim::World::make(setting, options));
    if (genesis_time != nullptr)
        *genesis_time = world->chain_basis().genesis->state.head.timestamp_ns;
    return world->run();
}

// Fills in the record; what it throws is the caller's to describe.
void make_run(const sim::Setting& setting, bool paranoid, RunRecord& out) {
    FactCounter counter;
    const std::uint64_t before = cpu_us();
    TimestampNs genesis_time = 0;
    const auto outcome = outcome_of(setting, out.seed, paranoid, &counter, &genesis_time);
    out.cpu_us = cpu_us() - before;
    if (!outcome) {
        out.end = RunEnd::kFailed;
        out.message = outcome.error().text();
        return;
    }
    const RunFacts facts = counter.facts(setting.scenario, *outcome);
    out.end = end_of(*outcome);
    out.digest = outcome->digest.hex();
    out.behaviour = behaviour_of(facts, *outcome);
    for (const std::size_t probe : reached(facts))
        out.probes.emplace_back(probe_rows()[probe].name);
    add_violations(*outcome, out);
    if (outcome->budget_end) out.message = outcome->budget_end->text();
    out.events = outcome->events;
    out.blocks = outcome->blocks;
    out.virtual_ns = static_cast<std::uint64_t>(outcome->virtual_time);
    out.latency_ns = counter.latency_ns(genesis_time);
    out.memory_kib = memory_kib();
    if (!out.repeated) return;
    const auto again = outcome_of(setting, out.seed, paranoid, nullptr);
    if (again && again->digest == outcome->digest) return;
    out.end = RunEnd::kNotDeterministic;
    out.message = fmt::format("the repeated run had the digest {}",
                              again ? again->digest.hex() : again.error().text());
}

// Of a text that request() has made.
WorkerTask task_of(std::string_view request) {
    std::array<std::uint64_t, 4> numbers{};
    for (std::uint64_t& number : numbers) {
        const auto [end, error] =
            std::from_chars(request.data(), request.data() + request.size(), number);
        AIVM_CHECK(error == std::errc());
        request.remove_prefix(static_cast<std::size_t>(end - request.data()));
        if (!request.empty()) request.remove_prefix(1);
    }
    return {static_cast<WorkerTask::Kind>(numbers[0]), numbers[1], numbers[2],
            static_cast<std::uint32_t>(numbers[3])};
}

}  // namespace

Result<CampaignWorker> CampaignWorker::make(const CampaignPlan& plan, WorkerOptions options) {
    CampaignWorker out;
    out.plan_ = plan;
    out.options_ = std::move(options);
    for (const CampaignScenario& scenario : plan.scenarios) {
        auto loaded = load_scenario_text(scenario.text, scenario.name);
        if (!loaded) return fail(ErrorCode::kConfig, to_text(loaded.error()));
        AIVM_ASSIGN(sim::Setting setting, make_setting(loaded->scenario));
        out.settings_.push_back(std::move(setting));
    }
    return out;
}

RunRecord CampaignWorker::run(const WorkerTask& task) const {
    RunRecord out;
    out.index = task.index;
    out.seed = task.seed;
    out.scenario = task.scenario;
    out.repeated = task.kind == WorkerTask::Kind::kRunTwice;
    try {
        make_run(settings_.at(task.scenario), plan_.paranoid, out);
    } catch (const std::bad_alloc&) {
        out.end = RunEnd::kOutOfMemory;
        out.message = "the run needs more memory than it may have";
    } catch (const std::exception& bug) {
        out.end = RunEnd::kFailed;
        out.message = bug.what();
    }
    return out;
}

FindingRecord CampaignWorker::save(const WorkerTask& task) const {
    FindingRecord out;
    out.index = task.index;
    out.seed = task.seed;
    out.scenario = task.scenario;
    const sim::Setting& setting = settings_.at(task.scenario);
    const auto outcome = outcome_of(setting, task.seed, plan_.paranoid, nullptr);
    if (!outcome) {
        out.error = outcome.error().text();
        return out;
    }
    ShrinkOptions shrink;
    shrink.rerun.paranoid = plan_.paranoid;
    shrink.wall_clock_ns = options_.wall_clock_ns;
    shrink.tries_max = task.kind == WorkerTask::Kind::kSave ? options_.shrink_tries : 0;
    const std::uint64_t started = options_.wall_clock_ns();
    shrink.go_on = [&](std::size_t, std::size_t) {
        return options_.wall_clock_ns() - started < options_.shrink_limit_ns;
    };
    const auto saved = save_finding(setting.scenario, *outcome, options_.findings_folder, shrink);
    if (!saved) {
        out.error = saved.error().text();
        return out;
    }
    out.id = saved->id;
    out.invariant = saved->violation.invariant;
    out.message = saved->violation.message;
    out.key = trace_key(out.invariant, out.message, {});
    out.trace = trace_key(out.invariant, out.message, saved->actions);
    out.actions_before = saved->actions_before;
    out.actions_after = saved->actions_after;
    out.tries = saved->tries;
    return out;
}

std::string CampaignWorker::request(const WorkerTask& task) {
    return fmt::format("{} {} {} {}", static_cast<unsigned>(task.kind), task.index, task.seed,
                       task.scenario);
}

std::string CampaignWorker::answer(const std::string& request) const {
    const WorkerTask task = task_of(request);
    const bool saves =
        task.kind == WorkerTask::Kind::kSave || task.kind == WorkerTask::Kind::kSaveWhole;
    return saves ? to_line(save(task)) : to_line(run(task));
}

}  // namespace aivm::scenarios
