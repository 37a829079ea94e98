// The kernels with their hashing vectorised: leaves in parallel and three folds side by side in
// epoch_transition, the commitments of inference_step, the binding hashes of proof_verify. The same
// bytes as CpuKernels, on one thread.
#pragma once

#include "core/kernels/kernels.h"
#include "gpu/simd/simd_hasher.h"

namespace aivm::gpu {

class SimdKernels final : public Kernels {
public:
    // `width` must be one of supported_widths().
    explicit SimdKernels(KeccakWidth width = best_width()) : hasher_(width) {}

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
    CpuKernels cpu_;
    SimdHasher hasher_;
};

}  // namespace aivm::gpu
