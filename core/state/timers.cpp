#include "core/state/timers.h"

#include <algorithm>

namespace aivm {

bool HeightTimers::insert(const HeightTimer& timer) {
    if (slots_.empty()) {
        for (std::size_t i = 0; i < kSlots; ++i) slots_.push_back({});
    }
    const Slot& slot = slots_[slot_of(timer.at)];
    // Ids are mostly assigned in the order in which they arrive here.
    const bool comes_last = slot.empty() || slot.back() < timer;
    const auto place = comes_last ? slot.end() : std::ranges::lower_bound(slot, timer);
    if (!comes_last && *place == timer) return false;
    const auto position = place - slot.begin();
    Slot& own = slots_.edit(slot_of(timer.at));
    own.insert(own.begin() + position, timer);
    earliest_ = empty() ? timer.at : std::min(earliest_, timer.at);
    ++size_;
    return true;
}

bool HeightTimers::erase(const HeightTimer& timer) {
    if (!contains(timer)) return false;
    Slot& slot = slots_.edit(slot_of(timer.at));
    slot.erase(std::ranges::lower_bound(slot, timer));
    --size_;
    return true;
}

bool HeightTimers::contains(const HeightTimer& timer) const {
    return !slots_.empty() && std::ranges::binary_search(slots_[slot_of(timer.at)], timer);
}

std::vector<HeightTimer> HeightTimers::sorted() const {
    std::vector<HeightTimer> out;
    slots_.for_each(
        [&](std::size_t, const Slot& slot) { out.insert(out.end(), slot.begin(), slot.end()); });
    std::ranges::sort(out);
    return out;
}

// Moves `earliest_` past the heights below `height` for which nothing waits.
void HeightTimers::advance(Height height) {
    const auto waits_for = [&](Height at) {
        return std::ranges::any_of(slots_[slot_of(at)],
                                   [at](const HeightTimer& timer) { return timer.at == at; });
    };
    while (earliest_ < height && !waits_for(earliest_)) ++earliest_;
}

std::optional<HeightTimer> HeightTimers::take_due(Height height, TimerKind first, TimerKind last) {
    if (empty()) return std::nullopt;
    advance(height);
    for (Height at = earliest_; at <= height; ++at) {
        const Slot& slot = slots_[slot_of(at)];
        const auto found = std::ranges::lower_bound(slot, HeightTimer{at, first, 0});
        if (found == slot.end() || found->at != at || found->kind > last) continue;
        const HeightTimer due = *found;
        const auto position = found - slot.begin();
        Slot& own = slots_.edit(slot_of(at));
        own.erase(own.begin() + position);
        --size_;
        return due;
    }
    return std::nullopt;
}

bool TimeTimers::contains(const TimeTimer& timer) const {
    std::size_t low = first_;
    for (std::size_t high = queue_.size(); low < high;) {
        const std::size_t middle = low + (high - low) / 2;
        if (queue_[middle].at < timer.at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < queue_.size() && queue_[low].at == timer.at; ++low) {
        if (queue_[low] == timer) return true;
    }
    return false;
}

// A queue whose greater part has been taken is replaced by one that holds the rest.
void TimeTimers::drop_taken() {
    constexpr std::size_t kWorthIt = 256;
    if (first_ < kWorthIt || 2 * first_ < queue_.size()) return;
    SnapshotVector<TimeTimer> ahead;
    for (; first_ < queue_.size(); ++first_) ahead.push_back(queue_[first_]);
    queue_ = std::move(ahead);
    first_ = 0;
}

}  // namespace aivm
