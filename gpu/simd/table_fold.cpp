#include "gpu/simd/table_fold.h"

#include "core/base/check.h"

namespace aivm::gpu {

void TableFold::reset(const Hash32& start, std::size_t slot_count) {
    start_ = start;
    slots_.clear();
    stale_.clear();
    slots_.reserve(slot_count);
    stale_.reserve(slot_count);
    if (leaves_.size() < slot_count) leaves_.resize(slot_count);
    if (after_.size() < slot_count) after_.resize(slot_count);
}

FoldChain TableFold::chain() {
    AIVM_CHECK(slots_.size() <= leaves_.size());
    return {start_, leaves_.data(), slots_.size(), after_.data()};
}

}  // namespace aivm::gpu
