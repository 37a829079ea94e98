#include "core/state/timers.h"

#include <algorithm>

namespace aivm {

SmallVector<std::uint64_t, 12>& TimerBucket::own() {
    if (body_ == nullptr) {
        body_ = new Body;
    } else if (body_->references > 1) {
        Body* copy = new Body{1, body_->tags};
        --body_->references;
        body_ = copy;
    }
    return body_->tags;
}

bool TimerBucket::insert(std::uint64_t tag) {
    // Ids are mostly handed out in the order in which they come here.
    const auto place = tags().empty() || tags().back() < tag
                           ? tags().end()
                           : std::ranges::lower_bound(tags(), tag);
    if (place != tags().end() && *place == tag) return false;
    const auto position = static_cast<std::size_t>(place - tags().begin());
    own().insert_at(position, tag);
    return true;
}

bool TimerBucket::erase(std::uint64_t tag) {
    const auto place = std::ranges::lower_bound(tags(), tag);
    if (place == tags().end() || *place != tag) return false;
    const auto position = static_cast<std::size_t>(place - tags().begin());
    own().erase_at(position);
    return true;
}

bool TimerTable::insert(std::uint64_t at, std::uint64_t tag) {
    const bool is_new = buckets_.insert_or_edit(at).insert(tag);
    if (is_new) ++size_;
    return is_new;
}

bool TimerTable::erase(std::uint64_t at, std::uint64_t tag) {
    TimerBucket* bucket = buckets_.edit(at);
    if (bucket == nullptr || !bucket->erase(tag)) return false;
    if (bucket->tags().empty()) buckets_.erase(at);
    --size_;
    return true;
}

bool TimerTable::contains(std::uint64_t at, std::uint64_t tag) const {
    const TimerBucket* bucket = buckets_.find(at);
    return bucket != nullptr &&
           std::binary_search(bucket->tags().begin(), bucket->tags().end(), tag);
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> TimerTable::take_due(std::uint64_t now,
                                                                            std::uint64_t first,
                                                                            std::uint64_t last) {
    std::optional<std::pair<std::uint64_t, std::uint64_t>> due;
    buckets_.for_each_from(std::uint64_t{0}, [&](std::uint64_t at, const TimerBucket& bucket) {
        if (at > now) return false;
        const auto found = std::ranges::lower_bound(bucket.tags(), first);
        if (found != bucket.tags().end() && *found <= last) due.emplace(at, *found);
        return !due;
    });
    if (due) erase(due->first, due->second);
    return due;
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

// A queue that is mostly behind us begins anew with what is ahead.
void TimeTimers::drop_taken() {
    constexpr std::size_t kWorthIt = 256;
    if (first_ < kWorthIt || 2 * first_ < queue_.size()) return;
    SnapshotVector<TimeTimer> ahead;
    for (; first_ < queue_.size(); ++first_) ahead.push_back(queue_[first_]);
    queue_ = std::move(ahead);
    first_ = 0;
}

}  // namespace aivm
