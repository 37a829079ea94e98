// Timers for a block height or a block timestamp. Derived from tasks and disputes, so never stored.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/amount.h"
#include "core/base/check.h"
#include "core/base/snapshot_vector.h"

namespace aivm {

// Start-of-block kinds come first, in the order in which they run; see core/execution/block_run.h.
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
// The timeout of a pending or assigned task.
struct TimeTimer {
    TimestampNs at = 0;
    std::uint32_t task = 0;
    friend auto operator<=>(const TimeTimer&, const TimeTimer&) = default;
};

// A timer wheel (Varghese and Lauck, "Hashed and hierarchical timing wheels", SOSP 1987): a timer
// lies in the slot of its height modulo the number of slots, so that a block looks at one slot
// only.
//   1. A slot is sorted and has no duplicates. Timers of different heights share a slot only when
//      they lie a whole turn apart, which windows longer than a turn cause.
//   2. No timer waits for a height below `earliest_`.
class HeightTimers {
public:
    // False, and nothing changed, if it is set already.
    bool insert(const HeightTimer& timer);
    // False if it is not set.
    bool erase(const HeightTimer& timer);
    [[nodiscard]] bool contains(const HeightTimer& timer) const;
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }

    // All of them in order, for comparisons.
    [[nodiscard]] std::vector<HeightTimer> sorted() const;

    // `height` below never goes back, and grows by little: the time taken is in proportion to the
    // heights since the earliest timer.
    //
    // Takes out the first that is due at `height` and of a kind in [first, last].
    std::optional<HeightTimer> take_due(Height height, TimerKind first, TimerKind last);

    // Calls fn(const HeightTimer&) in order for all that are due at `height`.
    template <class Fn>
    void for_each_due(Height height, Fn&& fn) const {
        if (empty()) return;
        for (Height at = earliest_; at <= height; ++at) {
            for (const HeightTimer& timer : slots_[slot_of(at)]) {
                if (timer.at == at) fn(timer);
            }
        }
    }

private:
    using Slot = std::vector<HeightTimer>;
    static constexpr std::size_t kSlots = 256;  // more than the blocks of a usual window

    static std::size_t slot_of(Height at) { return at % kSlots; }
    void advance(Height height);

    SnapshotVector<Slot> slots_;  // kSlots of them, or none before the first timer
    std::size_t size_ = 0;
    Height earliest_ = 0;
};

// All timeouts have one length and block time never goes back, so they are set in order and lie in
// a queue. One that no longer counts stays there until its moment and is then passed over: the
// caller of take_due says which ones still count.
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
    // Whether it was set and its moment has not come; true also for one that no longer counts.
    [[nodiscard]] bool contains(const TimeTimer& timer) const;
    // How many still count.
    [[nodiscard]] std::size_t size() const { return waiting_; }
    [[nodiscard]] bool empty() const { return waiting_ == 0; }

    // Takes out all that are due at `now` and returns those for which `counts(const TimeTimer&)`:
    // in order, each once.
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
