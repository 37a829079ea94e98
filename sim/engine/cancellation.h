// Which cancellable events are still wanted. A cancelled event stays where it is in its queue and
// is dropped when it comes up; the slot, with a generation that moves on, tells the queue and stale
// handles apart.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/engine/event.h"

namespace aivm::sim {

class CancellationTable {
public:
    // A slot for a new event; at most kCancellableMax are out at a time.
    EventHandle acquire();

    // True if the event was pending and wanted; it is not from now on.
    bool cancel(EventHandle handle);

    [[nodiscard]] bool is_pending(EventHandle handle) const;

    [[nodiscard]] bool is_wanted(std::uint64_t slot) const {
        return slot == 0 || is_slot_wanted(slot);
    }

    // The queue has taken the event of this slot out; slot != 0. Returns whether it was still
    // wanted.
    bool release(std::uint64_t slot);

    // Cancelled events that still lie in the queue.
    [[nodiscard]] std::uint64_t cancelled() const { return cancelled_; }

private:
    [[nodiscard]] bool is_slot_wanted(std::uint64_t slot) const;

    struct Slot {
        std::uint32_t generation = 0;
        bool wanted = false;
    };
    std::vector<Slot> slots_ = std::vector<Slot>(1);  // slot 0 is "not cancellable"
    std::vector<std::uint32_t> free_;
    std::uint64_t cancelled_ = 0;
};

}  // namespace aivm::sim
