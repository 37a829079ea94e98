#include "scenarios/run/run.h"

#include "scenarios/run/counterfactual.h"
#include "scenarios/run/process_memory.h"
#include "scenarios/run/setting.h"
#include "sim/world/world.h"

namespace aivm::scenarios {

RunMeter::RunMeter(const RunOptions& options)
    : options_(options), started_ns_(now_ns()), fallbacks_before_(fallbacks()) {}

std::uint64_t RunMeter::now_ns() const {
    return options_.wall_clock_ns ? options_.wall_clock_ns() : 0;
}

std::uint64_t RunMeter::fallbacks() const {
    return options_.kernel_fallbacks ? options_.kernel_fallbacks() : 0;
}

sim::RunSummary RunMeter::summary_of(const sim::Outcome& outcome) const {
    sim::RunSummary summary;
    summary.status = outcome.status;
    summary.end_block = outcome.blocks;
    summary.end_time_ns = static_cast<std::uint64_t>(outcome.virtual_time);
    summary.events = outcome.events;
    summary.digest = outcome.digest.hex();
    summary.wall_time_ns = now_ns() - started_ns_;
    if (outcome.recovery_time)
        summary.recovery_time_ns = static_cast<std::uint64_t>(*outcome.recovery_time);
    if (outcome.recovery_limit)
        summary.recovery_limit_ns = static_cast<std::uint64_t>(*outcome.recovery_limit);
    if (outcome.budget_end) summary.budget_end = outcome.budget_end->text();
    summary.invariants = outcome.invariants;
    summary.invariant_checks = outcome.invariant_checks;
    summary.backend = options_.backend;
    summary.kernel_fallbacks = fallbacks() - fallbacks_before_;
    return summary;
}

namespace {

// Adds the comparison with honest play to the outcome and the rows.
Status add_counterfactual(const sim::Setting& setting, const RunOptions& options,
                          sim::Outcome& outcome, sim::RowSink& sink) {
    const std::vector<sim::Owner> owners = owners_of(setting);
    AIVM_ASSIGN(outcome.counterfactuals,
                compare_with_honest(setting.scenario, owners, options, outcome));
    sink.add_all(outcome.counterfactuals);
    const sim::Owner* attacker = sim::find_attacker(setting.scenario, owners);
    for (const sim::CounterfactualRow& row : outcome.counterfactuals) {
        if (attacker == nullptr || row.label != attacker->label) continue;
        const std::int64_t gain = row.payoff_nlux - row.honest_payoff_nlux;
        for (sim::MetricRow metric :
             {sim::MetricRow{"cheating_gain", "", gain},
              sim::MetricRow{"attacker_profitable", "", std::int64_t{gain > 0 ? 1 : 0}}}) {
            sink.add(metric);
            outcome.metrics.push_back(std::move(metric));
        }
    }
    return {};
}

}  // namespace

Result<sim::Outcome> run_scenario(const sim::Scenario& scenario, const RunOptions& options,
                                  sim::RowSink& sink, const sim::RunInfo& info) {
    AIVM_ASSIGN(const sim::Setting setting, make_setting(scenario, options.strategies));
    sim::WorldOptions world_options;
    world_options.seed = options.seed;
    world_options.paranoid = options.paranoid;
    world_options.kernels = options.kernels;
    world_options.choices = options.choices;
    world_options.progress = options.progress;
    world_options.wall_clock_ns = options.wall_clock_ns;
    world_options.memory_bytes = options.memory_bytes ? options.memory_bytes : process_memory_bytes;
    if (options.events) world_options.events = &sink;
    AIVM_TRY(sink.begin_run(info));
    const RunMeter meter(options);
    AIVM_ASSIGN(const std::unique_ptr<sim::World> world, sim::World::make(setting, world_options));
    sim::Outcome outcome = world->run();
    const sim::RunSummary summary = meter.summary_of(outcome);
    world->write_results(sink, summary.wall_time_ns, outcome);
    if (options.counterfactual) AIVM_TRY(add_counterfactual(setting, options, outcome, sink));
    AIVM_TRY(sink.finish_run(summary));
    return outcome;
}

Result<sim::Outcome> run_scenario(const sim::Scenario& scenario, const RunOptions& options) {
    sim::NullSink sink;
    return run_scenario(scenario, options, sink, {});
}

}  // namespace aivm::scenarios
