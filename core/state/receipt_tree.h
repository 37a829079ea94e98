// The Merkle tree over a state's receipts (core/base/merkle.h), as far as it has been hashed.
//
// A new receipt is not hashed at once: when a root is needed, all new leaves are hashed side by
// side, and then the nodes of each level above them. A chain whose blocks carry no receipt root
// needs one only at its anchors.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/snapshot_vector.h"
#include "core/kernels/batch_hasher.h"
#include "core/state/receipt.h"

namespace aivm {

using Receipts = SnapshotVector<Receipt>;

class ReceiptTree {
public:
    // Hashes the receipts that were added since the last call. `receipts` is the list that this
    // tree belongs to; it only grows.
    void hash_new(const Receipts& receipts, const BatchHasher& hasher);

    // The root over all of them; receipts that hash_new has not hashed are hashed for this call
    // only.
    [[nodiscard]] Hash32 root(const Receipts& receipts) const;

private:
    void append(std::vector<Hash32> leaves, const BatchHasher& hasher);

    std::vector<Hash32> peaks_;  // of the perfect subtrees of the leaves so far, largest first
    std::uint64_t leaves_ = 0;
};

}  // namespace aivm
