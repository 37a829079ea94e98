// Events scheduled for the instant in which they are scheduled. Their sequence rises as they come,
// so a FIFO for each priority is already in order, and a cascade of a million of them costs no
// sorting.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "core/base/fifo.h"
#include "sim/engine/event.h"

namespace aivm::sim {

template <class Event>
class ZeroDelayRings {
public:
    [[nodiscard]] bool empty() const { return occupied_ == 0; }

    void push(const Event& event) {
        const auto priority = static_cast<unsigned>(event.priority());
        rings_[priority].push_back(event);
        occupied_ |= 1U << priority;
    }

    // front and pop require !empty().
    [[nodiscard]] const Event& front() const { return rings_[first()].front(); }

    Event pop() {
        const unsigned priority = first();
        const Event event = rings_[priority].pop_front();
        if (rings_[priority].empty()) occupied_ &= ~(1U << priority);
        return event;
    }

private:
    [[nodiscard]] unsigned first() const {
        return static_cast<unsigned>(std::countr_zero(occupied_));
    }

    std::array<Fifo<Event>, std::size_t{1} << kPriorityBits> rings_;
    std::uint32_t occupied_ = 0;
};

}  // namespace aivm::sim
