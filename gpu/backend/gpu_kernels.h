// The kernels of a run on a plugin, with what happens when the plugin starts failing in the middle
// of the run.
#pragma once

#include <cstdint>

#include "core/kernels/kernels.h"
#include "gpu/backend/gpu_backend.h"
#include "gpu/simd/simd_hasher.h"

namespace aivm::gpu {

enum class OnFailure : std::uint8_t {
    kFallBack,  // mode auto: the canonical CPU kernel answers, and the failure is counted
    kThrow,     // mode gpu: GpuFailure
};

// Not thread safe.
class GpuKernels final : public Kernels {
public:
    // `backend` must outlive this object.
    GpuKernels(GpuBackend& backend, OnFailure on_failure)
        : backend_(backend), on_failure_(on_failure) {}

    void set_on_failure(OnFailure on_failure) { on_failure_ = on_failure; }
    // Kernel calls that the CPU answered because the plugin failed.
    [[nodiscard]] std::uint64_t fallback_count() const { return fallback_count_; }

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
    // In mode gpu the plugin sees every kernel call. In mode auto cached folds on the CPU are
    // faster than whole ones.
    [[nodiscard]] bool wants_whole_tables() const override {
        return on_failure_ == OnFailure::kThrow;
    }

private:
    template <class Canonical>
    int settle(const Status& status, Canonical canonical);

    GpuBackend& backend_;
    OnFailure on_failure_;
    std::uint64_t fallback_count_ = 0;
    CpuKernels cpu_;
    SimdHasher hasher_;
};

}  // namespace aivm::gpu
