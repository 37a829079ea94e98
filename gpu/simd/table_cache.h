// One table as of the last call: a copy of its slots, the leaf digest of each, and the accumulator
// before every 64th slot. The next call hashes the leaves of slots whose bytes differ from the
// copy, and folds from the page of the first of them on.
//
// Slots are compared byte by byte: where a table lies and how it was changed does not matter.
//   1. Whenever no slot is changed, leaves_[i] is the digest of occupied slot i of copy_,
//      page_start_[p] is the accumulator over the occupied slots below 64 p, and root_ the one
//      over all.
//   2. copy_[i] is occupied exactly when occupied_[i] is set; occupied_count_ is their number.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include "core/base/check.h"
#include "gpu/simd/table_fold.h"

namespace aivm::gpu {

template <class Entry>
class TableCache {
public:
    static constexpr std::uint32_t kPageSlots = 64;

    // New slots are free. A smaller table starts from nothing.
    void resize(std::uint32_t slot_count);

    [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(copy_.size()); }
    [[nodiscard]] const Entry* slots() const { return copy_.data(); }
    [[nodiscard]] bool is_occupied(std::uint32_t index) const { return occupied_[index] != 0; }
    [[nodiscard]] std::uint32_t occupied_count() const { return occupied_count_; }

    // Calls visit(index) for every slot of a table of count() slots that differs from the copy, in
    // ascending order.
    template <class Visit>
    void for_each_difference(const Entry* table, Visit visit) const;

    void put(std::uint32_t index, const Entry& slot);

    // The work until the cache holds again: an empty fold when nothing changed. end_fold takes the
    // results over.
    void begin_fold(TableFold& fold) const;
    void end_fold(const TableFold& fold);
    [[nodiscard]] const Hash32& root() const { return root_; }

private:
    // Requires a changed slot.
    [[nodiscard]] std::uint32_t first_slot_of_fold() const;

    std::vector<Entry> copy_;
    std::vector<Hash32> leaves_;
    std::vector<std::uint8_t> is_stale_;  // one flag per slot: leaves_[i] does not hold
    std::vector<std::uint8_t> occupied_;  // one flag per slot
    std::vector<Hash32> page_start_;
    Hash32 root_;
    std::uint32_t occupied_count_ = 0;
    std::uint32_t occupied_end_ = 0;  // no slot from here on was occupied when root_ was computed
    std::optional<std::uint32_t> first_changed_;
};

template <class Entry>
void TableCache<Entry>::resize(std::uint32_t slot_count) {
    if (slot_count < count()) *this = {};
    if (slot_count == count()) return;
    copy_.resize(slot_count, Entry{});
    leaves_.resize(slot_count);
    is_stale_.resize(slot_count);
    occupied_.resize(slot_count);
    page_start_.resize((std::size_t{slot_count} + kPageSlots - 1) / kPageSlots, root_);
}

template <class Entry>
template <class Visit>
void TableCache<Entry>::for_each_difference(const Entry* table, Visit visit) const {
    for (std::uint32_t begin = 0; begin < count(); begin += kPageSlots) {
        const std::uint32_t end = begin + std::min(kPageSlots, count() - begin);
        const auto* page = kernels::bytes_at(table, begin);
        if (std::memcmp(page, &copy_[begin], (end - begin) * sizeof(Entry)) == 0) continue;
        for (std::uint32_t i = begin; i < end; ++i) {
            if (std::memcmp(kernels::bytes_at(table, i), &copy_[i], sizeof(Entry)) != 0) visit(i);
        }
    }
}

template <class Entry>
void TableCache<Entry>::put(std::uint32_t index, const Entry& slot) {
    AIVM_CHECK(index < count());
    const std::uint8_t occupied = slot.occupied != 0 ? 1 : 0;
    copy_[index] = slot;
    if (occupied == 0 && occupied_[index] == 0) return;  // free slots add nothing to the root
    occupied_count_ = occupied_count_ + occupied - occupied_[index];
    occupied_[index] = occupied;
    is_stale_[index] = occupied;
    first_changed_ = std::min(index, first_changed_.value_or(index));
}

// Slots behind all that are folded continue from the root; others from the start of their page.
template <class Entry>
std::uint32_t TableCache<Entry>::first_slot_of_fold() const {
    if (*first_changed_ >= occupied_end_) return *first_changed_;
    return *first_changed_ / kPageSlots * kPageSlots;
}

template <class Entry>
void TableCache<Entry>::begin_fold(TableFold& fold) const {
    const std::uint32_t first = first_changed_ ? first_slot_of_fold() : count();
    fold.reset(first < occupied_end_ ? page_start_[first / kPageSlots] : root_, count() - first);
    for (std::uint32_t i = first; i < count(); ++i) {
        if (!is_occupied(i)) continue;
        if (is_stale_[i] != 0) {
            fold.add_stale(i);
        } else {
            fold.add(i, leaves_[i]);
        }
    }
}

template <class Entry>
void TableCache<Entry>::end_fold(const TableFold& fold) {
    if (!first_changed_) return;
    for (const std::uint32_t position : fold.stale()) {
        const std::uint32_t slot = fold.slots()[position];
        leaves_[slot] = fold.leaf(position);
        is_stale_[slot] = 0;
    }
    std::size_t folded = 0;
    for (std::size_t page = first_slot_of_fold() / kPageSlots + 1; page < page_start_.size();
         ++page) {
        while (folded < fold.slots().size() && fold.slots()[folded] < page * kPageSlots) ++folded;
        page_start_[page] = fold.after(folded);
    }
    root_ = fold.root();
    occupied_end_ = fold.slots().empty() ? first_slot_of_fold() : fold.slots().back() + 1;
    first_changed_.reset();
}

}  // namespace aivm::gpu
