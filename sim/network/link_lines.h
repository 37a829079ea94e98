// When the line of each directed link is free, where every link has a bandwidth of its own: at a
// cost that grows with the links that have carried a message, not with the square of the nodes.
// Entries are never removed.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/check.h"
#include "sim/engine/time.h"

namespace aivm::sim {

// A hash table with open addressing and linear probing.
class LinkLines {
public:
    // The time from which the link's line is free, at first 0. Valid until the next call. Requires
    // from != to.
    SimTime& free_at(std::uint32_t from, std::uint32_t to) {
        // Never 0, which marks a free slot: then both would be node 0.
        const std::uint64_t key = std::uint64_t{from} << 32 | to;
        if (4 * used_ >= 3 * slots_.size()) grow();
        Slot& slot = slots_[place_of(key)];
        if (slot.key == 0) {
            slot.key = key;
            ++used_;
        }
        return slot.free_at;
    }
    [[nodiscard]] std::size_t size() const { return used_; }

private:
    struct Slot {
        std::uint64_t key = 0;
        SimTime free_at = 0;
    };

    [[nodiscard]] std::size_t place_of(std::uint64_t key) const {
        constexpr std::uint64_t kGolden = 0x9E37'79B9'7F4A'7C15;  // 2^64 / golden ratio
        const std::size_t mask = slots_.size() - 1;
        std::size_t place = (key * kGolden >> 32) & mask;
        while (slots_[place].key != 0 && slots_[place].key != key) place = (place + 1) & mask;
        return place;
    }
    void grow() {
        std::vector<Slot> old(slots_.empty() ? 64 : 2 * slots_.size());
        old.swap(slots_);
        for (const Slot& slot : old) {
            if (slot.key != 0) slots_[place_of(slot.key)] = slot;
        }
    }

    std::vector<Slot> slots_;  // a power of two, at most three quarters used
    std::size_t used_ = 0;
};

}  // namespace aivm::sim
