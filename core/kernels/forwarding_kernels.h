// Kernels that pass every call on to others: the base of wrappers, which override the calls that
// they change (as LevelDB's EnvWrapper does for its Env).
#pragma once

#include "core/kernels/kernels.h"

namespace aivm {

class ForwardingKernels : public Kernels {
public:
    // `target` must outlive this.
    explicit ForwardingKernels(Kernels& target) : target_(target) {}

    int attestation_apply(const abi::AIVMRoundDescriptor* desc, const abi::AttestationOp* ops,
                          abi::Attestation* table, std::uint32_t* applied,
                          std::uint32_t slot_count) override {
        return target_.attestation_apply(desc, ops, table, applied, slot_count);
    }
    int provenance_apply(const abi::AIVMRoundDescriptor* desc, const abi::ModelOp* ops,
                         abi::ModelRegistryEntry* table, std::uint32_t* applied,
                         std::uint32_t slot_count) override {
        return target_.provenance_apply(desc, ops, table, applied, slot_count);
    }
    int anchor_apply(const abi::AIVMRoundDescriptor* desc, const abi::AnchorOp* ops,
                     abi::AuditAnchor* table, std::uint32_t* applied,
                     std::uint32_t slot_count) override {
        return target_.anchor_apply(desc, ops, table, applied, slot_count);
    }
    int epoch_transition(const abi::AIVMRoundDescriptor* desc, const EpochTables& tables,
                         abi::AIVMEpochState* epoch, abi::AIVMTransitionResult* result) override {
        return target_.epoch_transition(desc, tables, epoch, result);
    }
    int inference_step(const InferenceBatch& batch) override {
        return target_.inference_step(batch);
    }
    int proof_verify(const abi::ProofVerifyOp* ops, abi::ProofVerifyResult* results,
                     std::uint32_t op_count) override {
        return target_.proof_verify(ops, results, op_count);
    }
    [[nodiscard]] const BatchHasher& hasher() const override { return target_.hasher(); }
    [[nodiscard]] bool wants_whole_tables() const override { return target_.wants_whole_tables(); }

protected:
    [[nodiscard]] Kernels& target() const { return target_; }

private:
    Kernels& target_;
};

}  // namespace aivm
