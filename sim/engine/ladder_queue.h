// The pending events of a run, in exact (time, priority, sequence) order at a cost per event that
// does not grow with their number. From near to far an event waits in one of five places:
//
//   rings_   events of the current instant, scheduled during it: one FIFO per priority
//   run_     the nearest stretch of time, sorted; all events while they are few
//   near_    a heap: events that came into that stretch after it was sorted
//   rungs_   a ladder of bucket arrays, unsorted; each rung divides one bucket of the rung above it
//   far_     everything behind the last rung, unsorted; once the rungs are empty it becomes the
//            first rung
//
// Invariants
//   1. Times in run_ and near_ are < near_end_ <= times in rungs_ < far_start_ <= times in far_.
//   2. Events in rings_ are at now_, the time of the event popped last.
//   3. A rung covers exactly the bucket that it divides.
//   4. While few_ holds, near_end_ is the end of time and only rings_ and run_ are in use.
//
// Not thread safe. The structure follows W. T. Tang, R. S. M. Goh and I. L.-J. Thng, "Ladder
// queue", ACM TOMACS 15(3), 2005, with a heap where that has a sorted list, so that no distribution
// of delays makes it quadratic.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "core/base/check.h"
#include "sim/engine/chunk_pool.h"
#include "sim/engine/heap.h"
#include "sim/engine/sorted_run.h"
#include "sim/engine/zero_delay.h"

namespace aivm::sim {

template <class PayloadType>
class LadderQueue {
public:
    using Payload = PayloadType;
    using Event = QueuedEvent<Payload>;

    // Requires time >= the time of the event popped last.
    void push(SimTime time, Priority priority, const Payload& payload) {
        AIVM_CHECK(time >= now_);
        AIVM_CHECK(sequence_ <= kSequenceMax);
        ++size_;
        const Event event{time, make_order(priority, sequence_++), payload};
        if (time == now_) {
            rings_.push(event);
        } else {
            place(event);
        }
    }

    // Removes the next event if its time is at most `last`.
    bool pop_until(SimTime last, Event& out) {
        if (near_.empty() && rings_.empty() && !run_.empty()) [[likely]] {
            if (run_.front().time > last) return false;
            out = run_.take();
        } else if (!pop_slow(last, out)) {
            return false;
        }
        now_ = out.time;
        --size_;
        return true;
    }
    bool pop(Event& out) { return pop_until(kEndOfTime, out); }

    // An event that probably comes when this many others have been popped, or null: a hint for
    // prefetching, which nothing else may depend on.
    [[nodiscard]] const Event* ahead(std::size_t many) const { return run_.ahead(many); }

    // Events pending.
    [[nodiscard]] std::uint64_t size() const { return size_; }

private:
    using Pool = ChunkPool<Event>;
    using Bag = typename Pool::Bag;

    // Up to about this many events it is cheaper to keep one sorted run; above twice as many the
    // ladder is set up.
    static constexpr std::size_t kFew = 48;
    // with more events in the heap, the stretch is divided into finer steps
    static constexpr std::size_t kNearMax = 192;
    static constexpr std::uint32_t kRunMax = 192;  // a bucket with more is divided, not sorted
    // Into how many buckets a rung is divided.
    struct Division {
        std::uint64_t bucket_events = 0;  // wanted in a bucket on average
        std::uint64_t buckets_min = 0;
    };
    static constexpr Division kDivision{12, 64};
    // A crowded bucket is divided into larger ones: with 100,000 events pending almost all pass
    // through such a rung, and only from a long run can memory be asked for ahead of time.
    static constexpr Division kDivisionOfBucket{96, 4};
    // A rung that would need more than kBucketsMax buckets gets only kBucketsCoarse: the line that
    // each is filled at then stays in the cache, which pays for dividing every bucket once more.
    static constexpr std::uint64_t kBucketsMax = 2048;
    static constexpr std::uint64_t kBucketsCoarse = 512;
    static constexpr std::uint64_t kNever = static_cast<std::uint64_t>(kEndOfTime) + 1;

    struct Rung {
        std::uint64_t start = 0;
        std::uint64_t end = 0;
        unsigned shift = 0;  // buckets are 2^shift wide, the last one perhaps cut short by `end`
        std::size_t current = 0;   // the first bucket not yet emptied
        std::vector<Bag> buckets;  // may be longer than `count`, from an earlier use
        std::size_t count = 0;
    };

    enum class Source : std::uint8_t { kNone, kRun, kNear, kRings };

    // Puts an event into the structure for its time, other than the rings.
    void place(const Event& event) {
        const auto time = static_cast<std::uint64_t>(event.time);
        if (time >= far_start_) {
            far_min_ = std::min(far_min_, time);
            far_max_ = std::max(far_max_, time);
            pool_.add(far_, event);
        } else if (time >= near_end_) {
            Rung* rung = &rungs_[depth_ - 1];
            while (time >= rung->end) --rung;  // ends at the first rung: time < far_start_
            pool_.add(rung->buckets[(time - rung->start) >> rung->shift], event);
        } else if (few_) {
            run_.insert(event);
            if (run_.size() > 2 * kFew) spill();
        } else {
            near_.push(event);
            if (near_.size() > kNearMax) spill();
        }
    }

    bool pop_slow(SimTime last, Event& out) {
        const Source source = next_source();
        if (source == Source::kNone || front(source).time > last) return false;
        out = take(source);
        return true;
    }

    // Where the next event is, after moving it to the run or the heap if it is further out.
    Source next_source() {
        if (run_.empty() && near_.empty()) {
            // While the rings hold events nothing further out is earlier, unless spill() moved it
            // there.
            const bool near_is_current =
                !rings_.empty() && near_end_ > static_cast<std::uint64_t>(now_);
            if (!near_is_current) refill();
        }
        Source source = Source::kNone;
        if (!run_.empty()) source = Source::kRun;
        if (!near_.empty() && (source == Source::kNone || near_.top().before(run_.front())))
            source = Source::kNear;
        if (!rings_.empty() && (source == Source::kNone || rings_.front().before(front(source)))) {
            source = Source::kRings;
        }
        return source;
    }

    const Event& front(Source source) const {
        if (source == Source::kRun) return run_.front();
        return source == Source::kNear ? near_.top() : rings_.front();
    }

    Event take(Source source) {
        if (source == Source::kRun) return run_.take();
        return source == Source::kNear ? near_.pop() : rings_.pop();
    }

    // Moves the nearest events into run_ or near_. Requires both to be empty; they stay empty if
    // there are no events.
    void refill() {
        for (;;) {
            if (depth_ == 0) {
                if (far_.count <= kFew) return go_few();
                const std::uint64_t end = far_max_ + 1;
                Bag far = far_;
                far_ = {};
                far_start_ = end;
                open_rung(far_min_, end, far.count, kDivision);
                fill_rung(far);
                far_min_ = kNever;
                far_max_ = 0;
            }
            Rung& rung = rungs_[depth_ - 1];
            while (rung.current < rung.count && rung.buckets[rung.current].count == 0)
                ++rung.current;
            if (rung.current == rung.count) {
                near_end_ = rung.end;
                --depth_;
                continue;
            }
            if (use_bucket(rung)) return;
        }
    }

    // Moves the current bucket of the last rung into run_ and returns true, or divides it into a
    // new rung if it is too full.
    bool use_bucket(Rung& rung) {
        const std::uint64_t start =
            rung.start + (static_cast<std::uint64_t>(rung.current) << rung.shift);
        const std::uint64_t end = std::min(rung.end, start + (std::uint64_t{1} << rung.shift));
        Bag bag = rung.buckets[rung.current];
        rung.buckets[rung.current] = {};
        ++rung.current;
        near_end_ = end;
        if (bag.count > kRunMax && end - start > 1) {
            open_rung(start, end, bag.count, kDivisionOfBucket);
            fill_rung(bag);
            return false;
        }
        if (rung.current < rung.count) pool_.prefetch(rung.buckets[rung.current]);
        run_.load(pool_, bag, start, rung.shift);
        return true;
    }

    // Starts a rung over [start, end) for about `events` events.
    void open_rung(std::uint64_t start, std::uint64_t end, std::uint64_t events,
                   const Division& division) {
        std::uint64_t wanted =
            std::max(std::bit_ceil(events / division.bucket_events + 1), division.buckets_min);
        if (wanted > kBucketsMax) wanted = kBucketsCoarse;
        const std::uint64_t width = end - start;
        unsigned shift = 0;
        while ((width - 1) >> shift >= wanted) ++shift;
        if (rungs_.size() == depth_) rungs_.emplace_back();
        Rung& rung = rungs_[depth_++];
        rung.start = start;
        rung.end = end;
        rung.shift = shift;
        rung.current = 0;
        rung.count = static_cast<std::size_t>((width - 1) >> shift) + 1;
        if (rung.buckets.size() < rung.count) rung.buckets.resize(rung.count);
        near_end_ = start;
    }

    void fill_rung(Bag& bag) {
        Rung& rung = rungs_[depth_ - 1];
        pool_.move_out(bag, [&](const Event& event) {
            pool_.add(
                rung.buckets[(static_cast<std::uint64_t>(event.time) - rung.start) >> rung.shift],
                event);
        });
    }

    // Switches from the ladder to the run alone; the ladder is empty.
    void go_few() {
        few_ = true;
        near_end_ = far_start_ = kNever;
        pool_.move_out(far_, [&](const Event& event) { run_.insert(event); });
        far_min_ = kNever;
        far_max_ = 0;
    }

    // Switches to the ladder, or adds a finer rung, when the run or the heap has grown too big.
    void spill() {
        const auto now = static_cast<std::uint64_t>(now_);
        if (few_) {
            few_ = false;
            near_end_ = far_start_ = 0;
        } else {
            if (near_end_ - now <= 1) return;  // all at one instant: no rung can divide them
            open_rung(now, near_end_, near_.size() + run_.size(), kDivision);
        }
        const std::vector<Event> events = near_.items();
        near_.clear();
        for (const Event& event : events) place(event);
        for (const Event& event : run_) place(event);
        run_.clear();
    }

    ZeroDelayRings<Event> rings_;
    SortedRun<Event> run_;
    Heap<Event> near_;
    std::uint64_t near_end_ = kNever;
    std::uint64_t far_start_ = kNever;
    std::vector<Rung> rungs_;  // the first depth_ are in use
    std::size_t depth_ = 0;
    bool few_ = true;
    Pool pool_;
    Bag far_;
    std::uint64_t far_min_ = kNever;
    std::uint64_t far_max_ = 0;
    std::uint64_t sequence_ = 0;
    std::uint64_t size_ = 0;
    SimTime now_ = 0;
};

}  // namespace aivm::sim
