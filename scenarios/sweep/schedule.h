// Decides which run comes next: seed by seed, every point with the first seed before any with the
// second, so that a sweep that is stopped early knows a little about every point. With rules a
// point is examined after a fixed number of runs and continues or ends. The set of runs depends on
// their results only, never on which worker made them or when. Not thread safe.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "scenarios/sweep/plan.h"

namespace aivm::scenarios {

struct SweepItem {
    std::size_t point = 0;
    std::size_t replicate = 0;
    friend bool operator==(const SweepItem&, const SweepItem&) = default;
};

class Schedule {
public:
    // Whether a run is already in the file.
    using IsThere = std::function<bool(const SweepItem&)>;
    // Whether a point is done at this look; all its runs up to the look are in the file. Not called
    // for the last look.
    using IsEnough = std::function<Result<bool>(std::size_t point, const Look&)>;

    Schedule(const SweepPlan& plan, IsThere is_there, IsEnough is_enough);

    // The next run to make. Empty if there is none now; if finished() is false, wait for a run in
    // progress.
    Result<std::optional<SweepItem>> next();
    // Reports that a run returned by next() is in the file.
    Status done(const SweepItem& item);

    [[nodiscard]] bool finished() const { return finished_ == plan_.points(); }
    // Runs of this sweep in the file: those found there and those made.
    [[nodiscard]] std::uint64_t runs_found() const { return found_; }
    [[nodiscard]] std::uint64_t runs_made() const { return made_; }
    // Runs that the rules made unnecessary.
    [[nodiscard]] std::uint64_t runs_spared() const { return spared_; }

private:
    struct PointAt {
        std::size_t look = 0;     // the next look
        std::size_t issued = 0;   // replicates issued, found in the file, or of another shard
        std::size_t pending = 0;  // of these, in progress
    };

    // Queues the point's next replicate, or examines the point if its runs up to the next look are
    // all in the file.
    Status advance(std::size_t point);
    // Whether the point is done at its look.
    Result<bool> look_at(std::size_t point, const PointAt& at);

    const SweepPlan& plan_;
    const std::vector<Look> looks_;
    IsThere is_there_;
    IsEnough is_enough_;
    std::vector<PointAt> points_;
    std::set<std::pair<std::size_t, std::size_t>> ready_;  // replicate and point to issue
    std::size_t finished_ = 0;                             // points
    std::uint64_t found_ = 0;
    std::uint64_t made_ = 0;
    std::uint64_t spared_ = 0;
};

}  // namespace aivm::scenarios
