#include "core/state/receipt_tree.h"

#include <bit>

#include "core/base/check.h"
#include "core/base/encode.h"
#include "core/base/merkle.h"
#include "core/kernels/rule_hash_many.h"

namespace aivm {

void ReceiptTree::hash_new(const Receipts& receipts, const BatchHasher& hasher) {
    AIVM_CHECK(leaves_ <= receipts.size());
    const std::size_t count = receipts.size() - leaves_;
    if (count == 0) return;
    Writer messages;
    for (std::size_t i = leaves_; i < receipts.size(); ++i) {
        messages.u8(merkle::kLeafTag);
        encode(messages, receipts[i]);
    }
    AIVM_CHECK(messages.size() % count == 0);  // receipts are of one length
    std::vector<Hash32> leaves(count);
    rule_hash_many(hasher, messages.view().data(), messages.size() / count, count, leaves.data());
    append(std::move(leaves), hasher);
}

// `level` holds the nodes from index `first` on of one level after the other. A node whose left
// neighbour is a peak goes under one roof with it; one that has no right neighbour becomes a peak.
void ReceiptTree::append(std::vector<Hash32> level, const BatchHasher& hasher) {
    constexpr std::size_t kNodeBytes = 1 + 2 * Hash32::size_bytes;
    std::uint64_t first = leaves_;
    leaves_ += level.size();
    std::vector<Hash32> new_peaks;
    while (!level.empty()) {
        if (first % 2 == 1) {
            level.insert(level.begin(), peaks_.back());
            peaks_.pop_back();
        }
        if (level.size() % 2 == 1) {
            new_peaks.push_back(level.back());
            level.pop_back();
        }
        first /= 2;
        if (level.empty()) break;
        Writer messages;
        messages.reserve(level.size() / 2 * kNodeBytes);
        for (std::size_t i = 0; i < level.size(); i += 2) {
            messages.u8(merkle::kNodeTag).fixed(level[i]).fixed(level[i + 1]);
        }
        level.resize(level.size() / 2);
        rule_hash_many(hasher, messages.view().data(), kNodeBytes, level.size(), level.data());
    }
    peaks_.insert(peaks_.end(), new_peaks.rbegin(), new_peaks.rend());
    AIVM_CHECK(peaks_.size() == static_cast<std::size_t>(std::popcount(leaves_)));
}

Hash32 ReceiptTree::root(const Receipts& receipts) const {
    if (leaves_ == receipts.size()) return merkle::root(peaks_, leaves_);
    ReceiptTree copy = *this;
    copy.hash_new(receipts, scalar_hasher());
    return merkle::root(copy.peaks_, copy.leaves_);
}

}  // namespace aivm
