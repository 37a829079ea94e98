// The product's promise, checked: one scenario and seed run twice give one history, or the first
// event that differs is named.
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
    bool side_by_side = false;  // both runs at the same time, on two threads
    // one a run, for they may not be shared; null: the CPU's best
    std::array<Kernels*, 2> kernels{};
    // As WorldOptions::progress, for every run in turn; with side_by_side for the first one alone.
    std::function<bool(sim::SimTime, std::uint64_t)> progress;
};

// Where two histories part.
struct TraceDifference {
    sim::TraceInterval interval;  // the first differing record of the two runs is one of these
    // Two further runs were compared record by record inside the interval. Nothing when those
    // agreed there: then chance struck once and not again. One event is missing when that history
    // had ended.
    std::optional<std::uint64_t> position;
    std::optional<sim::World::TracedEvent> first;
    std::optional<sim::World::TracedEvent> second;
};

struct DeterminismReport {
    sim::Outcome first;  // with its books
    sim::Digest128 second_digest;
    std::optional<TraceDifference> difference;

    [[nodiscard]] bool same() const { return first.digest == second_digest; }
};

// Runs the setting twice, and twice more when the digests differ. The rows of the first run go to
// `books`, between no begin_run and finish_run. An interrupted run ends all; report.first.status
// tells. Errors: as World::make.
Result<DeterminismReport> verify_determinism(const sim::Setting& setting,
                                             const DeterminismOptions& options,
                                             sim::RowSink& books);

}  // namespace aivm::scenarios
