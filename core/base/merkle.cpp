#include "core/base/merkle.h"

#include <bit>
#include <optional>

#include "core/base/check.h"
#include "core/base/codec.h"
#include "core/base/mutant.h"
#include "core/base/rule_hash.h"

namespace aivm::merkle {
namespace {

Hash32 bind(const Hash32& tree, std::uint64_t count) {
    return rule_hash(Writer().u8(kRootTag).u64(AIVM_MUTANT(D32) ? 0 : count).fixed(tree).view());
}

// The number of leaves on the left of a tree of `count` >= 2 leaves.
std::uint64_t left_count(std::uint64_t count) { return std::bit_floor(count - 1); }

Hash32 tree(std::span<const Hash32> leaves) {
    if (leaves.empty()) return {};
    if (leaves.size() == 1) return leaves[0];
    const std::uint64_t left = left_count(leaves.size());
    return node(tree(leaves.first(left)), tree(leaves.subspan(left)));
}

// The tree's top as the proof implies it; nothing when the proof has the wrong length.
std::optional<Hash32> implied_top(std::uint64_t count, std::uint64_t index, const Hash32& leaf_hash,
                                  std::span<const Hash32> proof) {
    if (count == 1) return proof.empty() ? std::optional(leaf_hash) : std::nullopt;
    if (proof.empty()) return std::nullopt;
    const Hash32& sibling = proof.back();
    const std::uint64_t left = left_count(count);
    const auto below = proof.first(proof.size() - 1);
    if (index < left) {
        const auto top = implied_top(left, index, leaf_hash, below);
        return top ? std::optional(node(*top, sibling)) : std::nullopt;
    }
    const auto top = implied_top(count - left, index - left, leaf_hash, below);
    return top ? std::optional(node(sibling, *top)) : std::nullopt;
}

}  // namespace

Hash32 leaf(ByteView data) { return rule_hash({{&kLeafTag, 1}, data}); }

Hash32 node(const Hash32& left, const Hash32& right) {
    return rule_hash({{&kNodeTag, 1}, left.view(), right.view()});
}

void append(std::vector<Hash32>& peaks, std::uint64_t count, const Hash32& leaf_hash) {
    AIVM_CHECK(peaks.size() == static_cast<std::size_t>(std::popcount(count)));
    peaks.push_back(leaf_hash);
    for (; count & 1; count >>= 1) {
        const Hash32 right = peaks.back();
        peaks.pop_back();
        peaks.back() = node(peaks.back(), right);
    }
}

Hash32 root(const std::vector<Hash32>& peaks, std::uint64_t count) {
    if (peaks.empty()) return bind({}, 0);
    Hash32 top = peaks.back();
    for (std::size_t i = peaks.size() - 1; i-- > 0;) top = node(peaks[i], top);
    return bind(top, count);
}

Hash32 root(std::span<const Hash32> leaves) { return bind(tree(leaves), leaves.size()); }

std::vector<Hash32> prove(std::span<const Hash32> leaves, std::uint64_t index) {
    AIVM_CHECK(index < leaves.size());
    if (leaves.size() == 1) return {};
    const std::uint64_t left = left_count(leaves.size());
    const bool in_left = index < left;
    std::vector<Hash32> proof =
        in_left ? prove(leaves.first(left), index) : prove(leaves.subspan(left), index - left);
    proof.push_back(in_left ? tree(leaves.subspan(left)) : tree(leaves.first(left)));
    return proof;
}

bool verify(const Hash32& expected_root, std::uint64_t count, std::uint64_t index,
            const Hash32& leaf_hash, std::span<const Hash32> proof) {
    if (index >= count) return false;
    const auto top = implied_top(count, index, leaf_hash, proof);
    return top && bind(*top, count) == expected_root;
}

}  // namespace aivm::merkle
