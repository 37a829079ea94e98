#include "scenarios/sweep/schedule.h"

#include "core/base/check.h"

namespace aivm::scenarios {

Schedule::Schedule(const SweepPlan& plan, IsThere is_there, IsEnough is_enough)
    : plan_(plan),
      looks_(plan.looks()),
      is_there_(std::move(is_there)),
      is_enough_(std::move(is_enough)),
      points_(plan.points()) {
    for (std::size_t point = 0; point < points_.size(); ++point) ready_.insert({0, point});
}

Result<std::optional<SweepItem>> Schedule::next() {
    while (!ready_.empty()) {
        const auto [replicate, point] = *ready_.begin();
        ready_.erase(ready_.begin());
        const SweepItem item{point, replicate};
        const bool mine = plan_.has_run(point, replicate);
        const bool there = mine && is_there_(item);
        PointAt& at = points_[point];
        ++at.issued;
        if (there) ++found_;
        if (mine && !there) ++at.pending;
        AIVM_TRY(advance(point));
        if (mine && !there) return item;
    }
    return std::nullopt;
}

Status Schedule::advance(std::size_t point) {
    PointAt& at = points_[point];
    if (at.issued < looks_[at.look].runs) {
        ready_.insert({at.issued, point});
        return {};
    }
    if (at.pending > 0) return {};
    AIVM_ASSIGN(const bool finished, look_at(point, at));
    if (finished) {
        ++finished_;
        return {};
    }
    ++at.look;
    return advance(point);
}

Result<bool> Schedule::look_at(std::size_t point, const PointAt& at) {
    const bool last = at.look + 1 == looks_.size();
    const bool mine = plan_.has_run(point, 0) || plan_.rules().empty();
    if (last || !mine) return true;
    AIVM_ASSIGN(const bool enough, is_enough_(point, looks_[at.look]));
    if (enough) spared_ += looks_.back().runs - looks_[at.look].runs;
    return enough;
}

Status Schedule::done(const SweepItem& item) {
    PointAt& at = points_.at(item.point);
    AIVM_CHECK(at.pending > 0);
    ++made_;
    --at.pending;
    // Queued already unless it waited for this run to be examined.
    if (at.pending > 0 || at.issued < looks_[at.look].runs) return {};
    return advance(item.point);
}

}  // namespace aivm::scenarios
