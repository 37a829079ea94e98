// One Merkle tree for receipts and traces. Leaves and nodes are hashed under different tags and the
// root binds the leaf count, so that no two lists of leaves share a root and no node can be
// presented as a leaf.
//
//   leaf(data) = hash(0x00 || data)        node(l, r) = hash(0x01 || l || r)
//   tree(n leaves) splits at the largest power of two below n, as RFC 6962 does; no leaf is
//   duplicated
//   root = hash(0x02 || n:u64be || tree), with 32 zero bytes for the tree of no leaves
//
// where hash is rule_hash(): Keccak-256.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/bytes.h"

namespace aivm::merkle {

// The first byte of each hashed message.
constexpr std::uint8_t kLeafTag = 0x00;
constexpr std::uint8_t kNodeTag = 0x01;
constexpr std::uint8_t kRootTag = 0x02;

Hash32 leaf(ByteView data);
Hash32 node(const Hash32& left, const Hash32& right);

// Appends leaf number `count` (counting from 0). `peaks` are the roots of the perfect subtrees into
// which the leaves decompose, largest first; appending needs nothing else.
void append(std::vector<Hash32>& peaks, std::uint64_t count, const Hash32& leaf_hash);

// The root over the `count` leaves whose peaks these are.
Hash32 root(const std::vector<Hash32>& peaks, std::uint64_t count);

// The root over a list of leaf hashes.
Hash32 root(std::span<const Hash32> leaves);

// The sibling hashes from leaf `index` up to the tree's top. `index` must be below leaves.size().
std::vector<Hash32> prove(std::span<const Hash32> leaves, std::uint64_t index);

// Whether `leaf_hash` is leaf `index` of the `count` leaves under `root`.
bool verify(const Hash32& root, std::uint64_t count, std::uint64_t index, const Hash32& leaf_hash,
            std::span<const Hash32> proof);

}  // namespace aivm::merkle
