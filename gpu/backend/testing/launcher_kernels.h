// Test support: the launchers of a plugin as Kernels, without the checks of GpuBackend in between.
#pragma once

#include "core/kernels/kernels.h"
#include "gpu/backend/launchers.h"

namespace aivm::gpu {

// The plugin must stay loaded while this lives.
class LauncherKernels final : public Kernels {
public:
    explicit LauncherKernels(const Launchers& launchers) : launchers_(launchers) {}

    int attestation_apply(const abi::AIVMRoundDescriptor* desc, const abi::AttestationOp* ops,
                          abi::Attestation* table, std::uint32_t* applied,
                          std::uint32_t slot_count) override {
        return launchers_.attestation_apply(desc, ops, table, applied, slot_count, nullptr);
    }
    int provenance_apply(const abi::AIVMRoundDescriptor* desc, const abi::ModelOp* ops,
                         abi::ModelRegistryEntry* table, std::uint32_t* applied,
                         std::uint32_t slot_count) override {
        return launchers_.provenance_apply(desc, ops, table, applied, slot_count, nullptr);
    }
    int anchor_apply(const abi::AIVMRoundDescriptor* desc, const abi::AnchorOp* ops,
                     abi::AuditAnchor* table, std::uint32_t* applied,
                     std::uint32_t slot_count) override {
        return launchers_.anchor_apply(desc, ops, table, applied, slot_count, nullptr);
    }
    int epoch_transition(const abi::AIVMRoundDescriptor* desc, const EpochTables& tables,
                         abi::AIVMEpochState* epoch, abi::AIVMTransitionResult* result) override {
        return launchers_.epoch_transition(
            desc, tables.attestations, const_cast<abi::ModelRegistryEntry*>(tables.models),
            const_cast<abi::AuditAnchor*>(tables.anchors), epoch, result, tables.attestation_count,
            tables.model_count, tables.anchor_count, nullptr);
    }
    int inference_step(const InferenceBatch& batch) override {
        return launchers_.inference_step(batch.weights, batch.ops, batch.inputs, batch.outputs,
                                         batch.results, batch.op_count, nullptr);
    }
    int proof_verify(const abi::ProofVerifyOp* ops, abi::ProofVerifyResult* results,
                     std::uint32_t op_count) override {
        return launchers_.proof_verify(ops, results, op_count, nullptr);
    }

private:
    Launchers launchers_;
};

}  // namespace aivm::gpu
