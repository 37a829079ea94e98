// Decides which run comes next. Points are run one after the other, the seeds of a point in order;
// with rules a point is examined after a fixed number of runs and continues or ends. The set of
// runs depends on their results only, never on which worker made them or when. Not thread safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
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
    using IsThere = std::function<Result<bool>(const SweepItem&)>;
    // Whether a point is done at this look; all its runs up to the look are in the file. Not called
    // for the last look.
    using IsEnough = std::function<Result<bool>(std::size_t point, const Look&)>;

    Schedule(const SweepPlan& plan, IsThere is_there, IsEnough is_enough);

    // The next run to make. Empty if there is none now; if finished() is false, wait for a run in
    // progress.
    Result<std::optional<SweepItem>> next();
    // Reports that a run returned by next() is in the file.
    Status done(const SweepItem& item);

    [[nodiscard]] bool finished() const { return first_open_ == plan_.points() && open_.empty(); }
    // Runs of this sweep in the file: those found there and those made.
    [[nodiscard]] std::uint64_t runs_found() const { return found_; }
    [[nodiscard]] std::uint64_t runs_made() const { return made_; }
    // Runs that the rules made unnecessary.
    [[nodiscard]] std::uint64_t runs_spared() const { return spared_; }

private:
    struct OpenPoint {
        std::size_t look = 0;     // the next look
        std::size_t issued = 0;   // replicates issued, found in the file, or of another shard
        std::size_t pending = 0;  // of these, in progress
    };

    Result<std::optional<SweepItem>> next_of(std::size_t point, OpenPoint& open);
    // Examines a point whose runs up to its next look are all in the file; true if it is done.
    Result<bool> look_at(std::size_t point, OpenPoint& open);

    const SweepPlan& plan_;
    const std::vector<Look> looks_;
    IsThere is_there_;
    IsEnough is_enough_;
    std::map<std::size_t, OpenPoint> open_;  // points that are begun and not done
    std::size_t first_open_ = 0;             // the first point that is not begun
    std::uint64_t found_ = 0;
    std::uint64_t made_ = 0;
    std::uint64_t spared_ = 0;
};

}  // namespace aivm::scenarios
