// Proofs of single receipts, for verifiers that have only the receipt root of an anchor or a block
// header.
#pragma once

#include <vector>

#include "core/base/error.h"
#include "core/state/state.h"

namespace aivm {

struct ReceiptProof {
    Receipt receipt;
    std::uint64_t index = 0;  // in settlement order
    std::uint64_t count = 0;  // receipts under the root
    std::vector<Hash32> siblings;
};

// A proof against receipt_root(state) for receipt number `index`. Takes time and memory in
// proportion to the number of receipts. Fails with not_found for an index beyond the last receipt.
Result<ReceiptProof> prove_receipt(const State& state, std::uint64_t index);

// Whether the receipt is number `index` of the `count` under this root.
bool verify_receipt(const Hash32& receipt_root, const ReceiptProof& proof);

}  // namespace aivm
