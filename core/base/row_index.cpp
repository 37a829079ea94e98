#include "core/base/row_index.h"

#include "core/base/check.h"

namespace aivm {
namespace {

constexpr std::size_t kFirstEntries = 32;

}  // namespace

void RowIndex::add(std::uint64_t hash, std::uint32_t row) {
    AIVM_CHECK(row != kFree);
    if (body_ == nullptr) {
        body_ = std::make_shared<Body>();
        body_->entries.resize(kFirstEntries);
    }
    if (2 * (body_->taken + 1) > body_->entries.size()) {
        std::vector<Entry> larger(2 * body_->entries.size());
        for (const Entry& entry : body_->entries) {
            if (entry.row != kFree) put(larger, entry);
        }
        body_->entries = std::move(larger);
    }
    if (put(body_->entries, {hash, row})) ++body_->taken;
}

// False when the entry is there already.
bool RowIndex::put(std::vector<Entry>& entries, const Entry& entry) {
    std::uint64_t at = entry.hash & (entries.size() - 1);
    for (; entries[at].row != kFree; at = (at + 1) & (entries.size() - 1)) {
        if (entries[at].hash == entry.hash && entries[at].row == entry.row) return false;
    }
    entries[at] = entry;
    return true;
}

}  // namespace aivm
