#include "scenarios/run/run.h"

#include "scenarios/run/setting.h"
#include "sim/world/world.h"

namespace aivm::scenarios {

sim::RunSummary summary_of(const sim::Outcome& outcome, std::uint64_t wall_ns) {
    sim::RunSummary summary;
    summary.status = outcome.status;
    summary.end_block = outcome.blocks;
    summary.end_time_ns = static_cast<std::uint64_t>(outcome.virtual_time);
    summary.events = outcome.events;
    summary.digest = outcome.digest.hex();
    summary.wall_time_ns = wall_ns;
    summary.invariants = outcome.invariants;
    summary.invariant_checks = outcome.invariant_checks;
    return summary;
}

Result<sim::Outcome> run_scenario(const sim::Scenario& scenario, const RunOptions& options,
                                  sim::RowSink& sink, const sim::RunInfo& info) {
    AIVM_ASSIGN(const sim::Setting setting, make_setting(scenario, options.strategies));
    sim::WorldOptions world_options;
    world_options.seed = options.seed;
    world_options.paranoid = options.paranoid;
    world_options.kernels = options.kernels;
    world_options.choices = options.choices;
    world_options.progress = options.progress;
    if (options.events) world_options.events = &sink;
    const auto real_time_ns = [&] { return options.wall_clock_ns ? options.wall_clock_ns() : 0; };
    AIVM_TRY(sink.begin_run(info));
    const auto fallbacks = [&] {
        return options.kernel_fallbacks ? options.kernel_fallbacks() : 0;
    };
    const std::uint64_t fallbacks_before = fallbacks();
    const std::uint64_t started = real_time_ns();
    AIVM_ASSIGN(const std::unique_ptr<sim::World> world, sim::World::make(setting, world_options));
    sim::Outcome outcome = world->run();
    const std::uint64_t wall_ns = real_time_ns() - started;
    world->write_results(sink, wall_ns, outcome);
    sim::RunSummary summary = summary_of(outcome, wall_ns);
    summary.backend = options.backend;
    summary.kernel_fallbacks = fallbacks() - fallbacks_before;
    AIVM_TRY(sink.finish_run(summary));
    return outcome;
}

Result<sim::Outcome> run_scenario(const sim::Scenario& scenario, const RunOptions& options) {
    sim::NullSink sink;
    return run_scenario(scenario, options, sink, {});
}

}  // namespace aivm::scenarios
