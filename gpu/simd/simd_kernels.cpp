#include "gpu/simd/simd_kernels.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/kernels/access.h"
#include "core/kernels/leaves.h"
#include "core/kernels/rules.h"

namespace aivm::gpu {
int SimdKernels::attestation_apply(const abi::AIVMRoundDescriptor* desc,
                                   const abi::AttestationOp* ops, abi::Attestation* table,
                                   std::uint32_t* applied, std::uint32_t slot_count) {
    return cpu_.attestation_apply(desc, ops, table, applied, slot_count);
}

int SimdKernels::provenance_apply(const abi::AIVMRoundDescriptor* desc, const abi::ModelOp* ops,
                                  abi::ModelRegistryEntry* table, std::uint32_t* applied,
                                  std::uint32_t slot_count) {
    return cpu_.provenance_apply(desc, ops, table, applied, slot_count);
}

int SimdKernels::anchor_apply(const abi::AIVMRoundDescriptor* desc, const abi::AnchorOp* ops,
                              abi::AuditAnchor* table, std::uint32_t* applied,
                              std::uint32_t slot_count) {
    return cpu_.anchor_apply(desc, ops, table, applied, slot_count);
}

kernels::TableSummary SimdKernels::fold(const EpochTables& tables, std::uint64_t now_ns) {
    const std::lock_guard lock(access_);
    if (caching_ == EpochCaching::kOff)
        return fold_whole_tables(hasher_.pipeline(), tables, now_ns, folds_);
    return caches_.fold(hasher_.pipeline(), tables, now_ns, folds_);
}

int SimdKernels::epoch_transition(const abi::AIVMRoundDescriptor* desc, const EpochTables& tables,
                                  abi::AIVMEpochState* epoch, abi::AIVMTransitionResult* result) {
    if (!desc || !epoch || !result || !kernels::are_present(tables)) return abi::kInvalidArgument;
    const auto round = kernels::load(desc);
    const auto summary = fold(tables, round.timestamp_ns);
    kernels::finish_epoch(round, summary, epoch, result);
    return abi::kOk;
}

int SimdKernels::proof_verify(const abi::ProofVerifyOp* ops, abi::ProofVerifyResult* results,
                              std::uint32_t op_count) {
    if (op_count == 0) return abi::kOk;
    if (!ops || !results) return abi::kInvalidArgument;
    constexpr std::uint32_t kMessages =
        64;  // messages and digests of a chunk stay in the first-level cache
    using BindingMessage = decltype(kernels::binding_message(*ops));
    std::array<BindingMessage, kMessages> messages;
    std::array<Hash32, kMessages> bindings;
    for (std::uint32_t begin = 0; begin < op_count;
         begin += std::min(kMessages, op_count - begin)) {
        const std::uint32_t count = std::min(kMessages, op_count - begin);
        for (std::uint32_t i = 0; i < count; ++i)
            messages[i] = kernels::binding_message(kernels::load(ops, begin + i));
        hasher_.hash_many(messages[0].data(), sizeof(BindingMessage), count, bindings.data());
        for (std::uint32_t i = 0; i < count; ++i) {
            const auto op = kernels::load(ops, begin + i);
            abi::ProofVerifyResult result{};
            result.status = kernels::proof_status(op);
            result.kind = op.kind;
            std::memcpy(result.binding_hash, bindings[i].data(), bindings[i].size());
            kernels::store(results, begin + i, result);
        }
    }
    return abi::kOk;
}

}  // namespace aivm::gpu
