// The kernels with their hashing vectorised: leaves and three folds side by side in
// epoch_transition, the commitments of inference_step, the binding hashes of proof_verify. The same
// bytes as CpuKernels, on one thread.
//
// epoch_transition keeps a copy of the tables of its last call, with the hash of each slot, so that
// a later call costs only what changed (table_cache.h). It is for callers that pass whole tables:
// KernelTables, which knows what it wrote, folds from its own EpochCache and takes only hasher().
#pragma once

#include <cstdint>
#include <mutex>

#include "core/kernels/kernels.h"
#include "gpu/simd/epoch_fold.h"
#include "gpu/simd/simd_hasher.h"

namespace aivm::gpu {

enum class EpochCaching : std::uint8_t { kOn, kOff };

// Thread safe, except for calls on the same tables: calls of epoch_transition wait for each other.
class SimdKernels final : public Kernels {
public:
    // `width` must be one of supported_widths().
    explicit SimdKernels(KeccakWidth width = best_width(), EpochCaching caching = EpochCaching::kOn)
        : hasher_(width), caching_(caching) {}

    // The apply kernels hash nothing: the canonical ones.
    int attestation_apply(const abi::AIVMRoundDescriptor* desc, const abi::AttestationOp* ops,
                          abi::Attestation* table, std::uint32_t* applied,
                          std::uint32_t slot_count) override;
    int provenance_apply(const abi::AIVMRoundDescriptor* desc, const abi::ModelOp* ops,
                         abi::ModelRegistryEntry* table, std::uint32_t* applied,
                         std::uint32_t slot_count) override;
    int anchor_apply(const abi::AIVMRoundDescriptor* desc, const abi::AnchorOp* ops,
                     abi::AuditAnchor* table, std::uint32_t* applied,
                     std::uint32_t slot_count) override;

    int epoch_transition(const abi::AIVMRoundDescriptor* desc, const EpochTables& tables,
                         abi::AIVMEpochState* epoch, abi::AIVMTransitionResult* result) override;
    int inference_step(const InferenceBatch& batch) override;
    int proof_verify(const abi::ProofVerifyOp* ops, abi::ProofVerifyResult* results,
                     std::uint32_t op_count) override;

    [[nodiscard]] const BatchHasher& hasher() const override { return hasher_; }

private:
    kernels::TableSummary fold(const EpochTables& tables, std::uint64_t now_ns);

    CpuKernels cpu_;
    SimdHasher hasher_;
    EpochCaching caching_;
    std::mutex access_;  // to what follows
    EpochCaches caches_;
    EpochFolds folds_;
};

}  // namespace aivm::gpu
