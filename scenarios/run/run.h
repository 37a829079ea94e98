// Running a scenario, start to end: the one function that the command line, Python, the fuzzers and
// the benchmarks call.
#pragma once

#include <functional>
#include <optional>
#include <string>

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
    bool paranoid = false;       // execute every shared block once more and compare
    Kernels* kernels = nullptr;  // null: the fastest CPU kernels
    // What is recorded about them: a name, and how many of their calls the CPU has answered because
    // the backend failed.
    std::string backend = "simd";
    std::function<std::uint64_t()> kernel_fallbacks;
    const sim::ChoiceList* choices = nullptr;          // answers to replay instead of the seed's
    const sim::StrategyFactory* strategies = nullptr;  // null: those of scenarios/adversaries
    // Compare each owner that breaks the protocol with itself, honest: as many runs more
    // (scenarios/run/counterfactual.h).
    bool counterfactual = false;
    bool events = false;  // rows of every event too
    // Called every ten virtual seconds with the virtual time and the number of final tasks;
    // returning false interrupts the run.
    std::function<bool(sim::SimTime, std::uint64_t)> progress;
    // Real time in nanoseconds, used for wall_seconds and run.max_wall_time only; the library
    // itself reads no clock. Empty: wall_seconds is recorded as 0, and the budget does not end the
    // run.
    std::function<std::uint64_t()> wall_clock_ns;
    // For run.max_memory; empty: process_memory_bytes.
    std::function<std::uint64_t()> memory_bytes;
};

// Measures one run, from its construction on, for the summary that a sink receives at its end.
class RunMeter {
public:
    // `options` must outlive it.
    explicit RunMeter(const RunOptions& options);
    // The run has just ended.
    [[nodiscard]] sim::RunSummary summary_of(const sim::Outcome& outcome) const;

private:
    [[nodiscard]] std::uint64_t now_ns() const;
    [[nodiscard]] std::uint64_t fallbacks() const;

    const RunOptions& options_;
    std::uint64_t started_ns_;
    std::uint64_t fallbacks_before_;
};

// Runs the scenario and passes its rows to `sink` between begin_run and finish_run, which are
// called here with `info`. Errors: a scenario that cannot be set up, and those of the sink. A
// violated invariant is an outcome, not an error.
Result<sim::Outcome> run_scenario(const sim::Scenario& scenario, const RunOptions& options,
                                  sim::RowSink& sink, const sim::RunInfo& info);

// The same without rows.
Result<sim::Outcome> run_scenario(const sim::Scenario& scenario, const RunOptions& options);

}  // namespace aivm::scenarios
