// Checks that a scenario and a seed, run twice, produce the same history, and otherwise names the
// first event that differs.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

#include "core/base/error.h"
#include "sim/record/row_sink.h"
#include "sim/scenario/setting.h"
#include "sim/world/outcome.h"
#include "sim/world/world.h"

namespace aivm::scenarios {

struct DeterminismOptions {
    std::uint64_t seed = 1;
    bool paranoid = false;
    const sim::ChoiceList* choices = nullptr;  // answers to replay instead of the seed's
    bool side_by_side = false;                 // both runs at the same time, on two threads
    // one per run, since backends may not be shared between threads; null: the fastest CPU kernels
    std::array<Kernels*, 2> kernels{};
    // As WorldOptions::progress, for each run in turn; with side_by_side for the first run only.
    std::function<bool(sim::SimTime, std::uint64_t)> progress;
};

// Where two histories diverge.
struct TraceDifference {
    sim::TraceInterval interval;  // the first differing record of the two runs is one of these
    // The first difference between two further runs, compared record by record inside the interval.
    // Empty if those two agree there, which means that the nondeterminism did not recur. One of the
    // two events is empty if that history had already ended.
    std::optional<std::uint64_t> position;
    std::optional<sim::World::TracedEvent> first;
    std::optional<sim::World::TracedEvent> second;
};

struct DeterminismReport {
    sim::Outcome first;  // with its payoffs
    sim::Digest128 second_digest;
    std::optional<TraceDifference> difference;

    [[nodiscard]] bool same() const { return first.digest == second_digest; }
};

// Runs the setting twice, and twice more when the digests differ. The rows of the first run go to
// `rows`, without begin_run and finish_run. An interrupted run ends the check; report.first.status
// says so. Errors: as World::make.
Result<DeterminismReport> verify_determinism(const sim::Setting& setting,
                                             const DeterminismOptions& options, sim::RowSink& rows);

}  // namespace aivm::scenarios
