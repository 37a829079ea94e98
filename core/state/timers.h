// What waits for a moment: a block height or a block timestamp. Derived from tasks and disputes, so
// never stored.
//
// Timers of one height lie together in a bucket, since most are set together and run together.
// Copies share buckets until one of them changes: taking a snapshot costs nothing.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/base/amount.h"
#include "core/base/check.h"
#include "core/base/cow_map.h"
#include "core/base/small_vector.h"
#include "core/base/snapshot_vector.h"

namespace aivm {

// A sorted list of numbers, shared between copies until one of them changes.
class TimerBucket {
public:
    TimerBucket() = default;
    TimerBucket(const TimerBucket& other) : body_(other.body_) {
        if (body_ != nullptr) ++body_->references;
    }
    TimerBucket(TimerBucket&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
    TimerBucket& operator=(TimerBucket other) noexcept {
        std::swap(body_, other.body_);
        return *this;
    }
    ~TimerBucket() {
        if (body_ != nullptr && --body_->references == 0) delete body_;
    }

    [[nodiscard]] std::span<const std::uint64_t> tags() const {
        return body_ == nullptr ? std::span<const std::uint64_t>() : body_->tags;
    }
    bool insert(std::uint64_t tag);  // false if it is there already
    bool erase(std::uint64_t tag);   // false if it is not there

private:
    struct Body {
        std::uint32_t references = 1;
        SmallVector<std::uint64_t, 12> tags;  // ascending
    };
    SmallVector<std::uint64_t, 12>& own();

    Body* body_ = nullptr;  // null: empty
};

// Numbers that wait for moments, in order of (moment, number); each pair once.
class TimerTable {
public:
    bool insert(std::uint64_t at, std::uint64_t tag);
    bool erase(std::uint64_t at, std::uint64_t tag);
    [[nodiscard]] bool contains(std::uint64_t at, std::uint64_t tag) const;
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }

    // Takes out the first that waits for `now` or earlier and whose number is in [first, last]:
    // (moment, number).
    std::optional<std::pair<std::uint64_t, std::uint64_t>> take_due(std::uint64_t now,
                                                                    std::uint64_t first,
                                                                    std::uint64_t last);

    // Calls fn(moment, number) in order for all that wait for `last` or earlier.
    template <class Fn>
    void for_each_until(std::uint64_t last, Fn&& fn) const {
        buckets_.for_each_from(std::uint64_t{0}, [&](std::uint64_t at, const TimerBucket& bucket) {
            if (at > last) return false;
            for (const std::uint64_t tag : bucket.tags()) fn(at, tag);
            return true;
        });
    }

private:
    CowMap<std::uint64_t, TimerBucket, std::less<>, 16> buckets_;  // none is empty
    std::size_t size_ = 0;
};

// Start-of-block kinds come first, in the order in which they run; see execution/block_run.h.
enum class TimerKind : std::uint8_t {
    kSettle = 0,
    kDraw = 1,
    kDisputeDeadline = 2,
    kCommitEnd = 3,
    kRevealEnd = 4
};
struct HeightTimer {
    Height at = 0;
    TimerKind kind = TimerKind::kSettle;
    std::uint32_t id = 0;  // of the task or the dispute
    friend auto operator<=>(const HeightTimer&, const HeightTimer&) = default;
};
// What waits for a block timestamp: a pending or assigned task's timeout.
struct TimeTimer {
    TimestampNs at = 0;
    std::uint32_t task = 0;
    friend auto operator<=>(const TimeTimer&, const TimeTimer&) = default;
};

class HeightTimers {
public:
    void insert(const HeightTimer& timer) { table_.insert(timer.at, tag_of(timer.kind, timer.id)); }
    void erase(const HeightTimer& timer) { table_.erase(timer.at, tag_of(timer.kind, timer.id)); }
    [[nodiscard]] bool contains(const HeightTimer& timer) const {
        return table_.contains(timer.at, tag_of(timer.kind, timer.id));
    }
    [[nodiscard]] std::size_t size() const { return table_.size(); }
    [[nodiscard]] bool empty() const { return table_.empty(); }

    // Takes out the first that is due at `height` and of a kind in [first, last].
    std::optional<HeightTimer> take_due(Height height, TimerKind first, TimerKind last) {
        const auto due = table_.take_due(height, tag_of(first, 0), tag_of(last, UINT32_MAX));
        return due ? std::optional(timer_of(due->first, due->second)) : std::nullopt;
    }

    // Calls fn(const HeightTimer&) in order for all that are due at `height`.
    template <class Fn>
    void for_each_due(Height height, Fn&& fn) const {
        table_.for_each_until(height,
                              [&](std::uint64_t at, std::uint64_t tag) { fn(timer_of(at, tag)); });
    }

private:
    static std::uint64_t tag_of(TimerKind kind, std::uint32_t id) {
        return std::uint64_t{static_cast<std::uint8_t>(kind)} << 32 | id;
    }
    static HeightTimer timer_of(std::uint64_t at, std::uint64_t tag) {
        return {at, static_cast<TimerKind>(tag >> 32), static_cast<std::uint32_t>(tag)};
    }
    TimerTable table_;
};

// All timeouts are of one length and block time never goes back, so they come in order and lie in a
// queue. One that is met stays there until its moment, and is then passed over: whoever takes them
// says which still count.
class TimeTimers {
public:
    // `timer.at` is not before any that was set.
    void insert(const TimeTimer& timer) {
        AIVM_CHECK(latest_ <= timer.at);
        latest_ = timer.at;
        queue_.push_back(timer);
        ++waiting_;
    }
    // One that was set no longer counts.
    void erase() {
        AIVM_CHECK(waiting_ > 0);
        --waiting_;
    }
    // Whether it was set and its moment has not come; it may no longer count.
    [[nodiscard]] bool contains(const TimeTimer& timer) const;
    // How many still count.
    [[nodiscard]] std::size_t size() const { return waiting_; }
    [[nodiscard]] bool empty() const { return waiting_ == 0; }

    // Takes out all that are due at `now`, and gives those for which `counts(const TimeTimer&)`: in
    // order, each once.
    template <class Counts>
    std::vector<TimeTimer> take_due(TimestampNs now, Counts&& counts) {
        std::vector<TimeTimer> due;
        for (; first_ < queue_.size() && queue_[first_].at <= now; ++first_) {
            if (counts(queue_[first_])) due.push_back(queue_[first_]);
        }
        std::sort(due.begin(), due.end());
        due.erase(std::unique(due.begin(), due.end()), due.end());
        waiting_ -= due.size();
        drop_taken();
        return due;
    }

private:
    void drop_taken();

    SnapshotVector<TimeTimer> queue_;  // from first_ on
    std::size_t first_ = 0;
    std::size_t waiting_ = 0;
    TimestampNs latest_ = 0;
};

}  // namespace aivm
