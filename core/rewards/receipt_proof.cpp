#include "core/rewards/receipt_proof.h"

#include <fmt/format.h>

#include "core/base/merkle.h"

namespace aivm {

Result<ReceiptProof> prove_receipt(const State& state, std::uint64_t index) {
    const std::uint64_t count = state.receipts.size();
    if (index >= count)
        return fail(ErrorCode::kNotFound, fmt::format("receipt {} of {}", index, count));
    std::vector<Hash32> leaves;
    leaves.reserve(count);
    state.receipts.for_each(
        [&](std::size_t, const Receipt& receipt) { leaves.push_back(receipt.leaf()); });
    return ReceiptProof{state.receipts[index], index, count, merkle::prove(leaves, index)};
}

bool verify_receipt(const Hash32& receipt_root, const ReceiptProof& proof) {
    return merkle::verify(receipt_root, proof.count, proof.index, proof.receipt.leaf(),
                          proof.siblings);
}

}  // namespace aivm
