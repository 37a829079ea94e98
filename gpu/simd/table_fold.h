// The part of one table that a call folds: occupied slots in index order, from where the fold
// starts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <vector>

#include "core/kernels/access.h"
#include "core/kernels/batch_hasher.h"
#include "core/kernels/leaves.h"

namespace aivm::gpu {

inline constexpr std::size_t kLeafBytesMax = sizeof(kernels::AttestationLeaf);

class TableFold {
public:
    // Starts over, from the accumulator before the first slot that will be added; there will be at
    // most `slot_count`.
    void reset(const Hash32& start, std::size_t slot_count);

    // Slots are added in ascending order: with the digest of their leaf, or stale ones, whose leaf
    // must be hashed.
    void add(std::uint32_t slot, const Hash32& leaf) {
        leaves_[slots_.size()] = leaf;
        slots_.push_back(slot);
    }
    void add_stale(std::uint32_t slot) {
        stale_.push_back(static_cast<std::uint32_t>(slots_.size()));
        slots_.push_back(slot);
    }

    // Call once all slots are added. Valid until the next reset.
    [[nodiscard]] FoldChain chain();

    [[nodiscard]] std::span<const std::uint32_t> slots() const { return slots_; }
    // Positions in slots().
    [[nodiscard]] std::span<const std::uint32_t> stale() const { return stale_; }
    [[nodiscard]] Hash32* leaves() { return leaves_.data(); }
    [[nodiscard]] const Hash32& leaf(std::size_t position) const { return leaves_[position]; }

    // The accumulator after `count` slots; holds once chain() is folded.
    [[nodiscard]] const Hash32& after(std::size_t count) const {
        return count == 0 ? start_ : after_[count - 1];
    }
    [[nodiscard]] const Hash32& root() const { return after(slots_.size()); }

private:
    Hash32 start_;
    std::vector<std::uint32_t> slots_;
    std::vector<std::uint32_t> stale_;
    std::vector<Hash32> leaves_;  // as slots_, and perhaps longer
    std::vector<Hash32> after_;   // as leaves_
};

// Writes the leaf message of a slot of the table at `slots` to memory of leaf_bytes.
using LeafWriter = void (*)(const void* slots, std::uint32_t slot, std::uint8_t* message);

template <class Entry>
void write_leaf(const void* slots, std::uint32_t slot, std::uint8_t* message) {
    using Leaf = decltype(kernels::leaf_of(Entry{}, slot));
    static_assert(alignof(Leaf) == 1);
    const Entry* entry = static_cast<const Entry*>(slots) + slot;
    Entry aligned;
    if (reinterpret_cast<std::uintptr_t>(entry) % alignof(Entry) != 0) {
        aligned = kernels::load(static_cast<const Entry*>(slots), slot);
        entry = &aligned;
    }
    ::new (static_cast<void*>(message)) Leaf(kernels::leaf_of(*entry, slot));  // in place
}

template <class Entry>
constexpr std::size_t leaf_bytes() {
    return sizeof(decltype(kernels::leaf_of(Entry{}, 0)));
}

}  // namespace aivm::gpu
