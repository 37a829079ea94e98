// The engine: the virtual clock and the pending events. It does not interpret events: run() passes
// each to a handler, which posts more. Every executed event is chained into the trace digest, if
// one is attached. A posted event cannot be cancelled: a handler ignores those it no longer needs.
//
// Not thread safe: one engine per run.
#pragma once

#include <cstdint>
#include <limits>

#include "core/base/check.h"
#include "sim/engine/event_queue.h"
#include "sim/engine/heap_queue.h"
#include "sim/engine/trace_digest.h"

namespace aivm::sim {

// What the world attaches to an event. Actors, kinds and marks are numbers that the world assigns;
// the trace digest contains all of them but the mark.
struct EventBody {
    EventBody() = default;
    EventBody(std::uint32_t event_actor, std::uint16_t event_kind, std::uint64_t event_payload,
              std::uint16_t event_mark = 0)
        : actor(event_actor), kind(event_kind), mark(event_mark), payload(event_payload) {}

    std::uint32_t actor = 0;
    std::uint16_t kind = 0;
    std::uint16_t mark = 0;  // occupies what would be padding
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

    // Chains every event executed after this call into `digest`, which must outlive the engine;
    // nullptr: into none.
    void attach(TraceDigest* digest) { digest_ = digest; }

    // Requires time >= now().
    void post_at(SimTime time, Priority priority, const EventBody& body) {
        queue_.push(time, priority, body);
    }
    // Requires delay >= 0.
    void post_in(SimTime delay, Priority priority, const EventBody& body) {
        post_at(after(delay), priority, body);
    }

    // Makes run() return after the event being executed.
    void stop() { stopped_ = true; }

    // Executes events in order by handler(const Event&). The digest contains the payload, or what a
    // member payload_digest(const Event&) -> u64 of the handler returns, for payloads that are an
    // index of something else. A member prefetch(const Event&, stage) is called for the events that
    // come soon, for each in stages kPrefetchStages to 1. max_events counts from this call.
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
            if constexpr (requires { handler.prefetch(event, std::size_t{0}); }) prefetch(handler);
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

    static constexpr std::size_t kPrefetchStages = 3;
    // Events from one stage to the next: so much time has what was asked for in one to arrive
    // before the next one reads it.
    static constexpr std::size_t kPrefetchStep = 2;

    template <class Handler>
    void prefetch(const Handler& handler) const {
        for (std::size_t stage = 1; stage <= kPrefetchStages; ++stage) {
            if (const Event* soon = queue_.ahead(stage * kPrefetchStep - 1))
                handler.prefetch(*soon, stage);
        }
    }

    template <class Handler>
    void trace(Handler& handler, const Event& event) {
        std::uint64_t payload = event.payload.payload;
        if constexpr (requires { handler.payload_digest(event); })
            payload = handler.payload_digest(event);
        digest_->event(event.time, event.order, event.payload.actor, event.payload.kind, payload);
    }

    Queue queue_;
    SimTime now_ = 0;
    std::uint64_t executed_ = 0;
    TraceDigest* digest_ = nullptr;
    bool stopped_ = false;
};

using Engine = BasicEngine<EventQueue<EventBody>>;
// The same with a plain heap: the oracle of the tests.
using HeapEngine = BasicEngine<HeapQueue<EventBody>>;

}  // namespace aivm::sim
