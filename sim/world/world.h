// A world: the engine, the substrate and the actors of one run, and what watches them. A value
// built from a setting and a seed; two worlds share nothing and may run on two threads.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/execution/execute.h"
#include "sim/record/row_sink.h"
#include "sim/scenario/participants.h"
#include "sim/scenario/setting.h"
#include "sim/world/outcome.h"
#include "sim/world/probe.h"

namespace aivm::sim {

struct WorldOptions {
    std::uint64_t seed = 1;
    bool paranoid = false;  // execute a block again wherever its result is shared, and compare
    const ChoiceList* choices = nullptr;  // answers to replay instead of drawing them from the seed
    Kernels* kernels = nullptr;           // the backend; null: the CPU's best
    std::optional<TraceInterval> window;  // records to keep readable
    bool trace = true;                    // false: no digest; to measure what it costs
    bool invariants = true;               // false: no invariants; to measure what they cost
    Probe* probe = nullptr;               // is notified during the run; must outlive it
    // Executes the blocks of the run; empty: execute_block. For tests that plant an error.
    std::function<Result<ExecutedPtr>(const State&, const BlockPtr&, const Rules&)> execute;
    // Real time and the memory of the process, for run.max_wall_time and run.max_memory only;
    // empty: these budgets do not end the run.
    std::function<std::uint64_t()> wall_clock_ns;
    std::function<std::uint64_t()> memory_bytes;
    bool keep_history = false;  // keep the accepted blocks for World::history
    // receives one row per event as it is executed; between begin_run and finish_run
    RowSink* events = nullptr;
    // Called every few seconds of virtual time with that time and the number of final tasks;
    // returns false to interrupt the run.
    std::function<bool(SimTime, std::uint64_t)> progress;
};

class World {
public:
    // Errors: an unknown strategy, parameters that contradict each other (check_scenario), an
    // invalid genesis.
    static Result<std::unique_ptr<World>> make(const Setting& setting, const WorldOptions& options);
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World();

    // Runs to the end: all work final and all validators caught up, an unexpected violation, or a
    // limit. Call once.
    Outcome run();

    // Writes the rows of the finished run; the metrics and payoffs also go into `outcome`. Call
    // once.
    void write_results(RowSink& sink, std::uint64_t wall_time_ns, Outcome& outcome);

    // The records of WorldOptions::window, with the kinds of events as words.
    struct TracedEvent {
        TraceRecord record;
        std::string actor;
        std::string kind;
    };
    [[nodiscard]] std::vector<TracedEvent> traced() const;
    [[nodiscard]] const TraceDigest& trace() const;

    // What is needed to execute the run's chain again. Valid while the world lives.
    struct ChainBasis {
        ExecutedPtr genesis;
        const Rules& rules;
        const Scenario& scenario;
        const Participants& participants;
    };
    [[nodiscard]] ChainBasis chain_basis() const;
    // The accepted chain so far, from height 1; empty unless WorldOptions::keep_history.
    [[nodiscard]] const std::vector<BlockPtr>& history() const;

private:
    class Impl;
    explicit World(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace aivm::sim
