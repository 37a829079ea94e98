// Which run comes next. Points are run one after the other, a point's seeds in their order; with
// rules a point is looked at after a fixed number of runs and goes on or ends. Which runs a sweep
// has depends on what they give, never on who made them when. Not thread safe.
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
    // Whether a run is in the file already.
    using IsThere = std::function<Result<bool>(const SweepItem&)>;
    // Whether a point is done at this look, all its runs up to there being in the file. Never asked
    // at the last look.
    using IsEnough = std::function<Result<bool>(std::size_t point, const Look&)>;

    Schedule(const SweepPlan& plan, IsThere is_there, IsEnough is_enough);

    // The next run to make. Nothing when there is none now: wait for a run in progress when
    // finished() is false.
    Result<std::optional<SweepItem>> next();
    // A run that next() gave is in the file.
    Status done(const SweepItem& item);

    [[nodiscard]] bool finished() const { return first_open_ == plan_.points() && open_.empty(); }
    // Runs of this sweep in the file: those found there, and those made.
    [[nodiscard]] std::uint64_t runs_found() const { return found_; }
    [[nodiscard]] std::uint64_t runs_made() const { return made_; }
    // Runs that rules have made unnecessary.
    [[nodiscard]] std::uint64_t runs_spared() const { return spared_; }

private:
    struct OpenPoint {
        std::size_t look = 0;     // the one that its runs lead to
        std::size_t issued = 0;   // replicates handed out, found or not this shard's
        std::size_t pending = 0;  // of these, in progress
    };

    Result<std::optional<SweepItem>> next_of(std::size_t point, OpenPoint& open);
    // Looks at a point whose runs up to its look are all there; true when it is done.
    Result<bool> look_at(std::size_t point, OpenPoint& open);

    const SweepPlan& plan_;
    const std::vector<Look> looks_;
    IsThere is_there_;
    IsEnough is_enough_;
    std::map<std::size_t, OpenPoint> open_;  // points begun and not done
    std::size_t first_open_ = 0;             // the first not begun
    std::uint64_t found_ = 0;
    std::uint64_t made_ = 0;
    std::uint64_t spared_ = 0;
};

}  // namespace aivm::scenarios
