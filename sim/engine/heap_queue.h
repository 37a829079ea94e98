// A plain heap with the interface of LadderQueue: the oracle of its tests.
#pragma once

#include <cstdint>

#include "core/base/check.h"
#include "sim/engine/heap.h"

namespace aivm::sim {

template <class PayloadType>
class HeapQueue {
public:
    using Payload = PayloadType;
    using Event = QueuedEvent<Payload>;

    // Requires time >= the time of the event popped last.
    void push(SimTime time, Priority priority, const Payload& payload) {
        AIVM_CHECK(time >= now_);
        AIVM_CHECK(sequence_ <= kSequenceMax);
        heap_.push(Event{time, make_order(priority, sequence_++), payload});
    }

    // Removes the next event if its time is at most `last`.
    bool pop_until(SimTime last, Event& out) {
        if (heap_.empty() || heap_.top().time > last) return false;
        out = heap_.pop();
        now_ = out.time;
        return true;
    }
    bool pop(Event& out) { return pop_until(kEndOfTime, out); }

    // Events pending.
    [[nodiscard]] std::uint64_t size() const { return heap_.size(); }

private:
    Heap<Event> heap_;
    std::uint64_t sequence_ = 0;
    SimTime now_ = 0;
};

}  // namespace aivm::sim
