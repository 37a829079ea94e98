// Events scheduled for the instant in which they are scheduled. Their sequence rises as they come, so a FIFO for each
// priority is already in order, and a cascade of a million of them costs no sorting.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/engine/event.h"

namespace aivm::sim {

template <class Event>
class ZeroDelayRings {
public:
    [[nodiscard]] bool empty() const { return occupied_ == 0; }

    void push(const Event& event) {
        const auto priority = static_cast<unsigned>(event.priority());
        rings_[priority].events.push_back(event);
        occupied_ |= 1U << priority;
    }

    // front and pop require !empty().
    [[nodiscard]] const Event& front() const {
        const Ring& ring = rings_[first()];
        return ring.events[ring.head];
    }

    Event pop() {
        const unsigned priority = first();
        Ring& ring = rings_[priority];
        const Event event = ring.events[ring.head++];
        if (ring.head == ring.events.size()) {
            ring.events.clear();
            ring.head = 0;
            occupied_ &= ~(1U << priority);
        } else if (ring.head >= kTrim && ring.head * 2 >= ring.events.size()) {
            // A cascade that never runs empty must not keep what it has used.
            ring.events.erase(ring.events.begin(), ring.events.begin() + static_cast<std::ptrdiff_t>(ring.head));
            ring.head = 0;
        }
        return event;
    }

private:
    static constexpr std::size_t kTrim = 1024;

    struct Ring {
        std::vector<Event> events;
        std::size_t head = 0;
    };

    [[nodiscard]] unsigned first() const { return static_cast<unsigned>(std::countr_zero(occupied_)); }

    std::array<Ring, std::size_t{1} << kPriorityBits> rings_;
    std::uint32_t occupied_ = 0;
};

}  // namespace aivm::sim
