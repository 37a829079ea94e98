#include "sim/engine/cancellation.h"

#include "core/base/check.h"

namespace aivm::sim {

EventHandle CancellationTable::acquire() {
    if (free_.empty()) {
        AIVM_CHECK(slots_.size() <= kCancellableMax);
        free_.push_back(static_cast<std::uint32_t>(slots_.size()));
        slots_.push_back({});
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    slots_[slot].wanted = true;
    return {slot, slots_[slot].generation};
}

bool CancellationTable::cancel(EventHandle handle) {
    if (!is_pending(handle)) return false;
    slots_[handle.slot].wanted = false;
    ++cancelled_;
    return true;
}

bool CancellationTable::is_pending(EventHandle handle) const {
    return handle.slot != 0 && handle.slot < slots_.size() && slots_[handle.slot].wanted &&
           slots_[handle.slot].generation == handle.generation;
}

bool CancellationTable::release(std::uint64_t slot) {
    AIVM_CHECK(slot != 0 && slot < slots_.size());
    Slot& entry = slots_[slot];
    const bool wanted = entry.wanted;
    if (!wanted) --cancelled_;
    entry.wanted = false;
    ++entry.generation;
    free_.push_back(static_cast<std::uint32_t>(slot));
    return wanted;
}

bool CancellationTable::is_slot_wanted(std::uint64_t slot) const { return slots_[slot].wanted; }

}  // namespace aivm::sim
