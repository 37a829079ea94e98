// The engine: the virtual clock and the pending events. It knows nothing of what events mean; run()
// hands each to a handler, which schedules more. Every executed event goes into the trace digest,
// if one is attached.
#pragma once

#include <cstdint>
#include <limits>

#include "core/base/check.h"
#include "sim/engine/event_queue.h"
#include "sim/engine/heap_queue.h"
#include "sim/engine/trace_digest.h"

namespace aivm::sim {

// What the world says about an event. Actors, kinds and marks are the world's own numbers; a mark
// is not traced.
struct EventBody {
    EventBody() = default;
    EventBody(std::uint32_t event_actor, std::uint16_t event_kind, std::uint64_t event_payload,
              std::uint16_t event_mark = 0)
        : actor(event_actor), kind(event_kind), mark(event_mark), payload(event_payload) {}

    std::uint32_t actor = 0;
    std::uint16_t kind = 0;
    std::uint16_t mark = 0;  // where there would be padding
    std::uint64_t payload = 0;
};
static_assert(sizeof(EventBody) == 16);

struct RunLimits {
    SimTime last_time = kEndOfTime;  // events later than this stay pending
    std::uint64_t max_events = std::numeric_limits<std::uint64_t>::max();
};

enum class StopReason : std::uint8_t { kNoEvents, kTimeLimit, kEventLimit, kStopped };

template <class Queue>
class BasicEngine {
public:
    using Event = typename Queue::Event;

    // Nanoseconds since the start of the run: the time of the event being executed.
    [[nodiscard]] SimTime now() const { return now_; }
    [[nodiscard]] std::uint64_t events_executed() const { return executed_; }
    [[nodiscard]] std::uint64_t events_pending() const { return queue_.size(); }
    [[nodiscard]] bool is_pending(EventHandle handle) const { return queue_.is_pending(handle); }

    // From now on every executed event is chained into `digest`, which must outlive the engine;
    // nullptr for none.
    void attach(TraceDigest* digest) { digest_ = digest; }

    // Schedules what will surely happen, such as a message in flight: cheaper than schedule_at, no
    // handle. Requires time >= now().
    void post_at(SimTime time, Priority priority, const EventBody& body) {
        queue_.push(time, priority, body);
    }
    // Requires delay >= 0.
    void post_in(SimTime delay, Priority priority, const EventBody& body) {
        post_at(after(delay), priority, body);
    }

    // Schedules what may be cancelled, such as a timer. At most kCancellableMax of these are
    // pending at a time.
    EventHandle schedule_at(SimTime time, Priority priority, const EventBody& body) {
        return queue_.push_cancellable(time, priority, body);
    }
    EventHandle schedule_in(SimTime delay, Priority priority, const EventBody& body) {
        return schedule_at(after(delay), priority, body);
    }

    // True if the event was still pending; it will not be executed.
    bool cancel(EventHandle handle) { return queue_.cancel(handle); }

    // Makes run() return after the event being executed.
    void stop() { stopped_ = true; }

    // Executes events in order: handler(const Event&). A handler with a member payload_digest(const
    // Event&) -> u64 decides what of its payload goes into the digest (where the payload is an
    // index, what it stands for); otherwise that is the payload itself. max_events counts from this
    // call.
    template <class Handler>
    StopReason run(Handler&& handler, const RunLimits& limits = {}) {
        stopped_ = false;
        for (std::uint64_t left = limits.max_events; left > 0; --left) {
            Event event;
            if (!queue_.pop_until(limits.last_time, event)) {
                return queue_.size() == 0 ? StopReason::kNoEvents : StopReason::kTimeLimit;
            }
            now_ = event.time;
            ++executed_;
            if (digest_ != nullptr) trace(handler, event);
            handler(static_cast<const Event&>(event));
            if (stopped_) return StopReason::kStopped;
        }
        return StopReason::kEventLimit;
    }

private:
    [[nodiscard]] SimTime after(SimTime delay) const {
        AIVM_CHECK(delay >= 0 && delay <= kEndOfTime - now_);
        return now_ + delay;
    }

    template <class Handler>
    void trace(Handler& handler, const Event& event) {
        std::uint64_t payload = event.payload.payload;
        if constexpr (requires { handler.payload_digest(event); })
            payload = handler.payload_digest(event);
        digest_->event(event.time, event.order & ~kSlotMask, event.payload.actor,
                       event.payload.kind, payload);
    }

    Queue queue_;
    SimTime now_ = 0;
    std::uint64_t executed_ = 0;
    TraceDigest* digest_ = nullptr;
    bool stopped_ = false;
};

using Engine = BasicEngine<EventQueue<EventBody>>;
// The same with the plain heap: the oracle.
using HeapEngine = BasicEngine<HeapQueue<EventBody>>;

}  // namespace aivm::sim
