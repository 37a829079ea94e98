// The obvious queue: a heap and a cancellation table. The oracle for LadderQueue, with the same
// interface.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/check.h"
#include "sim/engine/cancellation.h"
#include "sim/engine/heap.h"

namespace aivm::sim {

template <class PayloadType>
class HeapQueue {
public:
    using Payload = PayloadType;
    using Event = QueuedEvent<Payload>;

    // Adds an event that cannot be cancelled. Requires time >= the time of the event popped last.
    void push(SimTime time, Priority priority, const Payload& payload) {
        add(time, priority, 0, payload);
    }

    EventHandle push_cancellable(SimTime time, Priority priority, const Payload& payload) {
        const EventHandle handle = cancellation_.acquire();
        add(time, priority, handle.slot, payload);
        return handle;
    }

    // True if the event was still pending; it will not come up.
    bool cancel(EventHandle handle) {
        if (!cancellation_.cancel(handle)) return false;
        --size_;
        return true;
    }

    // Takes out the next event if its time is at most `last`.
    bool pop_until(SimTime last, Event& out) {
        drop_cancelled();
        if (heap_.empty() || heap_.top().time > last) return false;
        out = heap_.pop();
        if (out.slot() != 0) cancellation_.release(out.slot());
        now_ = out.time;
        --size_;
        return true;
    }
    bool pop(Event& out) { return pop_until(kEndOfTime, out); }

    // The time of the next event.
    std::optional<SimTime> peek_time() {
        drop_cancelled();
        if (heap_.empty()) return std::nullopt;
        return heap_.top().time;
    }

    // Events pending and not cancelled.
    [[nodiscard]] std::uint64_t size() const { return size_; }
    [[nodiscard]] bool is_pending(EventHandle handle) const {
        return cancellation_.is_pending(handle);
    }

private:
    void add(SimTime time, Priority priority, std::uint64_t slot, const Payload& payload) {
        AIVM_CHECK(time >= now_);
        AIVM_CHECK(sequence_ <= kSequenceMax);
        heap_.push(Event{time, make_order(priority, sequence_++, slot), payload});
        ++size_;
    }

    void drop_cancelled() {
        while (!heap_.empty() && !cancellation_.is_wanted(heap_.top().slot())) {
            cancellation_.release(heap_.pop().slot());
        }
    }

    Heap<Event> heap_;
    CancellationTable cancellation_;
    std::uint64_t sequence_ = 0;
    std::uint64_t size_ = 0;
    SimTime now_ = 0;
};

}  // namespace aivm::sim
