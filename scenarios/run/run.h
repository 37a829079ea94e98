// Running a scenario, start to end: the one function that the command line, Python, the fuzzers and
// the benchmarks call.
#pragma once

#include <functional>
#include <optional>

#include "core/base/error.h"
#include "sim/actors/strategy.h"
#include "sim/record/row_sink.h"
#include "sim/scenario/scenario.h"
#include "sim/world/outcome.h"

namespace aivm {
class Kernels;
}
namespace aivm::sim {
class StrategyFactory;
}

namespace aivm::scenarios {

struct RunOptions {
    std::uint64_t seed = 1;
    bool paranoid = false;                     // execute every shared block once more and compare
    Kernels* kernels = nullptr;                // null: the CPU's best
    const sim::ChoiceList* choices = nullptr;  // answers to replay instead of the seed's
    const sim::StrategyFactory* strategies = nullptr;  // null: those of scenarios/adversaries
    bool events = false;                               // rows of every event too
    // Hears of virtual time and final tasks every ten virtual seconds; returning false interrupts
    // the run.
    std::function<bool(sim::SimTime, std::uint64_t)> progress;
    // Real time in nanoseconds, for wall_seconds alone; the library itself looks at no clock.
    // Empty: recorded as 0.
    std::function<std::uint64_t()> wall_clock_ns;
};

// What a sink is told at the end of a run.
sim::RunSummary summary_of(const sim::Outcome& outcome, std::uint64_t wall_ns);

// Runs the scenario and gives its rows to `sink` between begin_run and finish_run, which are called
// here with `info`. Errors: a scenario that cannot be set up, and those of the sink. A violated
// invariant is an outcome, not an error.
Result<sim::Outcome> run_scenario(const sim::Scenario& scenario, const RunOptions& options,
                                  sim::RowSink& sink, const sim::RunInfo& info);

// The same for callers who want no rows.
Result<sim::Outcome> run_scenario(const sim::Scenario& scenario, const RunOptions& options);

}  // namespace aivm::scenarios
