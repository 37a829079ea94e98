#include "core/state/timers.h"

#include <algorithm>

namespace aivm {

const std::vector<std::uint64_t>& TimerBucket::tags() const {
    static const std::vector<std::uint64_t> kNone;
    return body_ == nullptr ? kNone : body_->tags;
}

std::vector<std::uint64_t>& TimerBucket::own() {
    if (body_ == nullptr) {
        body_ = new Body;
        body_->tags.reserve(16);
    } else if (body_->references > 1) {
        Body* copy = new Body{1, body_->tags};
        --body_->references;
        body_ = copy;
    }
    return body_->tags;
}

bool TimerBucket::insert(std::uint64_t tag) {
    std::vector<std::uint64_t>& list = own();
    if (list.empty() || list.back() < tag) {  // ids are mostly handed out in the order in which they come here
        list.push_back(tag);
        return true;
    }
    const auto place = std::lower_bound(list.begin(), list.end(), tag);
    if (place != list.end() && *place == tag) return false;
    list.insert(place, tag);
    return true;
}

bool TimerBucket::erase(std::uint64_t tag) {
    if (!std::binary_search(tags().begin(), tags().end(), tag)) return false;
    std::vector<std::uint64_t>& list = own();
    list.erase(std::lower_bound(list.begin(), list.end(), tag));
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
    return bucket != nullptr && std::binary_search(bucket->tags().begin(), bucket->tags().end(), tag);
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> TimerTable::take_due(std::uint64_t now, std::uint64_t first,
                                                                            std::uint64_t last) {
    std::optional<std::pair<std::uint64_t, std::uint64_t>> due;
    buckets_.for_each_from(std::uint64_t{0}, [&](std::uint64_t at, const TimerBucket& bucket) {
        if (at > now) return false;
        const auto found = std::lower_bound(bucket.tags().begin(), bucket.tags().end(), first);
        if (found != bucket.tags().end() && *found <= last) due.emplace(at, *found);
        return !due;
    });
    if (due) erase(due->first, due->second);
    return due;
}

}  // namespace aivm
