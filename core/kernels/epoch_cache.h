// The cache of one table's fold into a root, so that a later fold costs only the slots that
// changed.
//
// It holds the leaf digest of every occupied slot, and the accumulator before every 64th slot. A
// change to slot i costs one leaf and the fold from slot 64 * (i / 64) on; without a change there
// is no cost.
//   1. dirty_ contains every slot that may differ from its entries in leaves_ and occupied_, and
//      perhaps others.
//   2. When dirty_ is empty, page_start_[p] is the accumulator over all occupied slots below 64 p,
//      and root() holds.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/bytes.h"
#include "core/kernels/batch_hasher.h"
#include "core/kernels/leaves.h"

namespace aivm {

class EpochCache {
public:
    static constexpr std::uint32_t kPageSlots = 64;

    // New slots are free; the count never falls.
    void grow(std::uint32_t slot_count);

    void mark_dirty(std::uint32_t index) { dirty_.push_back(index); }
    [[nodiscard]] bool is_clean() const { return dirty_.empty(); }

    // The root over all occupied slots, and their number. Requires is_clean().
    [[nodiscard]] const Hash32& root() const;
    [[nodiscard]] std::uint32_t occupied_count() const { return occupied_count_; }

    // The work between the two halves of a refresh: the caller folds `chain`, side by side with
    // other chains.
    struct Fold {
        FoldChain chain;
        std::uint32_t first_page = 0;
        std::vector<Hash32> leaves, after;
    };

    // Rehashes the leaves of dirty slots of `slots` and returns the part that must be folded again:
    // an empty chain when the cache is clean.
    template <class Entry>
    [[nodiscard]] Fold begin_refresh(const Entry* slots, const BatchHasher& hasher);

    // Takes over the folded accumulators; afterwards the cache is clean.
    void end_refresh(const Fold& fold);

private:
    void sort_dirty();
    void set_occupied(std::uint32_t index, bool occupied);
    [[nodiscard]] Fold plan_fold() const;

    std::vector<Hash32> leaves_;          // of occupied slots
    std::vector<std::uint8_t> occupied_;  // one flag per slot
    std::vector<Hash32> page_start_{1};   // one per page, and the root at the end
    std::vector<std::uint32_t> dirty_;
    std::uint32_t occupied_count_ = 0;
};

template <class Entry>
EpochCache::Fold EpochCache::begin_refresh(const Entry* slots, const BatchHasher& hasher) {
    if (is_clean()) return {};
    sort_dirty();
    using Leaf = decltype(kernels::leaf_of(slots[0], 0));
    std::vector<Leaf> messages;
    std::vector<std::uint32_t> taken;
    messages.reserve(dirty_.size());
    taken.reserve(dirty_.size());
    for (const std::uint32_t index : dirty_) {
        set_occupied(index, slots[index].occupied != 0);
        if (slots[index].occupied == 0) continue;
        messages.push_back(kernels::leaf_of(slots[index], index));
        taken.push_back(index);
    }
    static_assert(sizeof(Leaf) == std::tuple_size_v<Leaf>, "messages lie back to back");
    std::vector<Hash32> digests(taken.size());
    if (!taken.empty())
        hasher.hash_many(messages.front().data(), sizeof(Leaf), taken.size(), digests.data());
    for (std::size_t i = 0; i < taken.size(); ++i) leaves_[taken[i]] = digests[i];
    return plan_fold();
}

}  // namespace aivm
