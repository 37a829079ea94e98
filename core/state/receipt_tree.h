// The Merkle tree over a state's receipts (core/base/merkle.h), as far as it has been hashed.
//
// Nothing is hashed when a receipt comes: the leaves wait until a root is asked for and are then
// hashed side by side, and so are the nodes of each level above them. Where no root is asked for,
// as between the anchors of a chain whose blocks carry none, waiting is all there is.
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
    // Hashes the receipts that came since the last call. `receipts` is the list that this tree
    // belongs to; it only grows.
    void catch_up(const Receipts& receipts, const BatchHasher& hasher);

    // The root over all of them; what has not been hashed yet is hashed for this answer alone.
    [[nodiscard]] Hash32 root(const Receipts& receipts) const;

private:
    void append(std::vector<Hash32> leaves, const BatchHasher& hasher);

    std::vector<Hash32> peaks_;  // of the perfect subtrees of the leaves so far, largest first
    std::uint64_t leaves_ = 0;
};

}  // namespace aivm
