// The six kernels on any Device: the host layer that all GPU backends share. It checks arguments,
// copies in, runs the passes, copies out, and writes to the caller's buffers only after everything
// has succeeded. Return codes as in core/kernels/kernels.h; what a Device returns is passed on.
// Invalid arguments (1) and empty batches (0) are answered before the device is asked for.
//
// The fold of leaf digests into roots is done here and not on the device: it is a chain of up to
// slot_count dependent permutations, which one CPU core computes an order of magnitude faster than
// one GPU lane (see device_kernels.cpp).
#pragma once

#include "core/kernels/kernels.h"
#include "gpu/kernels/device.h"

namespace aivm::gpu {

class DeviceKernels final : public Kernels {
public:
    // Both must outlive this object. `hasher` folds the leaf digests.
    explicit DeviceKernels(Device& device, const BatchHasher& hasher = scalar_hasher())
        : device_(device), hasher_(hasher) {}

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
    [[nodiscard]] bool wants_whole_tables() const override { return true; }

private:
    Device& device_;
    const BatchHasher& hasher_;
};

}  // namespace aivm::gpu
