#include "core/kernels/epoch_cache.h"

#include <algorithm>

#include "core/base/check.h"

namespace aivm {

void EpochCache::grow(std::uint32_t slot_count) {
    AIVM_CHECK(slot_count >= occupied_.size());
    leaves_.resize(slot_count);
    occupied_.resize(slot_count);
    // Free slots add nothing: the root is also the accumulator of every new page and the new root.
    const std::size_t pages = (std::size_t{slot_count} + kPageSlots - 1) / kPageSlots;
    page_start_.resize(pages + 1, Hash32{page_start_.back()});
}

const Hash32& EpochCache::root() const {
    AIVM_CHECK(is_clean());
    return page_start_.back();
}

void EpochCache::sort_dirty() {
    if (!std::is_sorted(dirty_.begin(), dirty_.end())) std::sort(dirty_.begin(), dirty_.end());
    dirty_.erase(std::unique(dirty_.begin(), dirty_.end()), dirty_.end());
    AIVM_CHECK(dirty_.back() < occupied_.size());
}

void EpochCache::set_occupied(std::uint32_t index, bool occupied) {
    if ((occupied_[index] != 0) == occupied) return;
    occupied_[index] = occupied ? 1 : 0;
    if (occupied) {
        ++occupied_count_;
    } else {
        --occupied_count_;
    }
}

EpochCache::Fold EpochCache::plan_fold() const {
    Fold fold;
    fold.first_page = dirty_.front() / kPageSlots;
    fold.leaves.reserve(occupied_count_);
    for (std::size_t i = std::size_t{fold.first_page} * kPageSlots; i < occupied_.size(); ++i) {
        if (occupied_[i] != 0) fold.leaves.push_back(leaves_[i]);
    }
    fold.after.resize(fold.leaves.size());
    // The vectors' buffers do not move with the struct, so the pointers stay valid in the returned
    // value.
    fold.chain = {page_start_[fold.first_page], fold.leaves.data(), fold.leaves.size(),
                  fold.after.data()};
    return fold;
}

void EpochCache::end_refresh(const Fold& fold) {
    if (is_clean()) return;
    std::size_t folded = 0;
    for (std::size_t page = fold.first_page; page + 1 < page_start_.size(); ++page) {
        const std::size_t end = std::min<std::size_t>((page + 1) * kPageSlots, occupied_.size());
        for (std::size_t i = page * kPageSlots; i < end; ++i) folded += occupied_[i];
        page_start_[page + 1] = folded == 0 ? fold.chain.start : fold.after[folded - 1];
    }
    AIVM_CHECK(folded == fold.leaves.size());
    dirty_.clear();
}

}  // namespace aivm
