// Open addressing in a registry table: the slot of a 32-byte key, or the one for its insertion.
//
// The slot count should be a power of two. With other counts, which the formula also defines, some
// slots are never visited. There are no tombstones, so a probe ends at the first free slot,
// even when a damaged table holds the key behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "core/kernels/access.h"

namespace aivm::kernels {

// The first slot of the probe for a key among `count` slots, count > 0.
inline std::uint32_t first_slot(const std::uint8_t* key, std::uint32_t count) {
    std::uint64_t prefix = 0;
    std::memcpy(&prefix, key, sizeof prefix);
    const std::uint64_t hash = (0xcbf29ce484222325ULL ^ prefix) * 0x100000001b3ULL;
    return static_cast<std::uint32_t>(hash) & (count - 1);
}

struct SlotMatch {
    std::uint32_t index = 0;
    bool known = false;  // the slot holds the key; otherwise it is free
};

// `table` holds `count` > 0 elements whose first 32 bytes are the key. Returns nothing when every
// slot of the probe is occupied by another key.
template <class Entry>
std::optional<SlotMatch> find_slot(const Entry* table, std::uint32_t count,
                                   const std::uint8_t* key) {
    std::uint32_t index = first_slot(key, count);
    for (std::uint32_t probe = 0; probe < count; ++probe) {
        if (load_u32(table, index, offsetof(Entry, occupied)) == 0) return SlotMatch{index, false};
        if (std::memcmp(bytes_at(table, index), key, 32) == 0) return SlotMatch{index, true};
        index = (index + 1) & (count - 1);
    }
    return std::nullopt;
}

}  // namespace aivm::kernels
