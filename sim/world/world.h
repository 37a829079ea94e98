// A world: the engine, the network, the disks and the actors of one run, and those who watch it. A
// value built from a setting and a seed; two worlds share nothing and may run on two threads.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/execution/execute.h"
#include "sim/record/row_sink.h"
#include "sim/scenario/directory.h"
#include "sim/scenario/setting.h"
#include "sim/world/outcome.h"
#include "sim/world/probe.h"

namespace aivm::sim {

struct WorldOptions {
    std::uint64_t seed = 1;
    bool paranoid = false;  // execute every block once more wherever it is shared, and compare
    const ChoiceList* choices = nullptr;  // answers to replay instead of drawing them from the seed
    Kernels* kernels = nullptr;           // the backend; null: the CPU's best
    std::optional<TraceInterval> window;  // records to keep readable
    bool trace = true;                    // false: no digest; for measuring what it costs
    bool invariants = true;               // false: nothing is watched; for measuring what it costs
    Probe* probe = nullptr;               // hears of the run as it goes; must outlive it
    bool keep_history = false;            // keep the accepted blocks for World::history
    // gets a row of every event as it is executed; between begin_run and finish_run
    RowSink* events = nullptr;
    // Called now and then with the virtual time and the tasks that are final; returns false to
    // interrupt the run.
    std::function<bool(SimTime, std::uint64_t)> progress;
};

class World {
public:
    // Errors: a strategy nobody knows, parameters that contradict each other, a genesis that does
    // not add up.
    static Result<std::unique_ptr<World>> make(const Setting& setting, const WorldOptions& options);
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World();

    // Runs to the end: all work final and all validators caught up, a violation nobody expected, or
    // a limit. Call once.
    Outcome run();

    // The rows of the run that just ended, and the numbers made from them, which also go into
    // `outcome`. Call once.
    void write_books(RowSink& sink, std::uint64_t wall_time_ns, Outcome& outcome);

    // Records of WorldOptions::window, with the kinds of events as words.
    struct TracedEvent {
        TraceRecord record;
        std::string actor;
        std::string kind;
    };
    [[nodiscard]] std::vector<TracedEvent> traced() const;
    [[nodiscard]] const TraceDigest& trace() const;

    // What the blocks of the run stand on; as long as the world lives.
    struct Ground {
        ExecutedPtr genesis;
        const Rules& rules;
        const Scenario& scenario;
        const Directory& directory;
    };
    [[nodiscard]] Ground ground() const;
    // The accepted chain so far, from height 1; empty unless WorldOptions::keep_history.
    [[nodiscard]] const std::vector<BlockPtr>& history() const;

private:
    class Impl;
    explicit World(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace aivm::sim
