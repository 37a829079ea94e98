#include "scenarios/sweep/schedule.h"

#include "core/base/check.h"

namespace aivm::scenarios {

Schedule::Schedule(const SweepPlan& plan, IsThere is_there, IsEnough is_enough)
    : plan_(plan),
      looks_(plan.looks()),
      is_there_(std::move(is_there)),
      is_enough_(std::move(is_enough)) {}

Result<std::optional<SweepItem>> Schedule::next() {
    for (auto it = open_.begin(); it != open_.end();) {
        AIVM_ASSIGN(auto item, next_of(it->first, it->second));
        if (item) return item;
        // Found in the file, so done() will not be called.
        const bool all_there = it->second.pending == 0;
        if (all_there) {
            AIVM_ASSIGN(const bool finished, look_at(it->first, it->second));
            if (finished) it = open_.erase(it);
            continue;  // otherwise continue with the runs of its next look
        }
        ++it;
    }
    while (first_open_ < plan_.points()) {
        const std::size_t point = first_open_++;
        OpenPoint& open = open_[point];
        while (true) {
            AIVM_ASSIGN(auto item, next_of(point, open));
            if (item) return item;
            AIVM_ASSIGN(const bool finished, look_at(point, open));
            if (finished) break;
        }
        open_.erase(point);
    }
    return std::nullopt;
}

Result<std::optional<SweepItem>> Schedule::next_of(std::size_t point, OpenPoint& open) {
    while (open.issued < looks_[open.look].runs) {
        const SweepItem item{point, open.issued};
        if (plan_.has_run(point, item.replicate)) {
            AIVM_ASSIGN(const bool there, is_there_(item));
            ++open.issued;
            if (!there) {
                ++open.pending;
                return item;
            }
            ++found_;
        } else {
            ++open.issued;
        }
    }
    return std::nullopt;
}

Result<bool> Schedule::look_at(std::size_t point, OpenPoint& open) {
    const bool last = open.look + 1 == looks_.size();
    const bool mine = plan_.has_run(point, 0) || plan_.rules().empty();
    if (last || !mine) return true;
    AIVM_ASSIGN(const bool enough, is_enough_(point, looks_[open.look]));
    if (!enough) {
        ++open.look;
        return false;
    }
    spared_ += looks_.back().runs - looks_[open.look].runs;
    return true;
}

Status Schedule::done(const SweepItem& item) {
    const auto open = open_.find(item.point);
    AIVM_CHECK(open != open_.end() && open->second.pending > 0);
    ++made_;
    --open->second.pending;
    if (open->second.pending > 0 || open->second.issued < looks_[open->second.look].runs) return {};
    AIVM_ASSIGN(const bool finished, look_at(item.point, open->second));
    if (finished) open_.erase(open);
    return {};
}

}  // namespace aivm::scenarios
