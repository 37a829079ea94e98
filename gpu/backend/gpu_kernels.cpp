#include "gpu/backend/gpu_kernels.h"

#include <fmt/format.h>

namespace aivm::gpu {

// Turns the plugin's answer into the return code of the kernel.
template <class Canonical>
int GpuKernels::settle(const Status& status, Canonical canonical) {
    if (status) return abi::kOk;
    if (status.error().code == ErrorCode::kInvalidArgument) return abi::kInvalidArgument;
    if (on_failure_ == OnFailure::kThrow) {
        throw GpuFailure(fmt::format("{} backend: {}; run with mode auto or cpu",
                                     name(backend_.kind()), status.error().context));
    }
    ++fallback_count_;
    return canonical();
}

int GpuKernels::attestation_apply(const abi::AIVMRoundDescriptor* desc,
                                  const abi::AttestationOp* ops, abi::Attestation* table,
                                  std::uint32_t* applied, std::uint32_t slot_count) {
    return settle(backend_.attestation_apply(desc, ops, table, applied, slot_count),
                  [&] { return cpu_.attestation_apply(desc, ops, table, applied, slot_count); });
}

int GpuKernels::provenance_apply(const abi::AIVMRoundDescriptor* desc, const abi::ModelOp* ops,
                                 abi::ModelRegistryEntry* table, std::uint32_t* applied,
                                 std::uint32_t slot_count) {
    return settle(backend_.provenance_apply(desc, ops, table, applied, slot_count),
                  [&] { return cpu_.provenance_apply(desc, ops, table, applied, slot_count); });
}

int GpuKernels::anchor_apply(const abi::AIVMRoundDescriptor* desc, const abi::AnchorOp* ops,
                             abi::AuditAnchor* table, std::uint32_t* applied,
                             std::uint32_t slot_count) {
    return settle(backend_.anchor_apply(desc, ops, table, applied, slot_count),
                  [&] { return cpu_.anchor_apply(desc, ops, table, applied, slot_count); });
}

int GpuKernels::epoch_transition(const abi::AIVMRoundDescriptor* desc, const EpochTables& tables,
                                 abi::AIVMEpochState* epoch, abi::AIVMTransitionResult* result) {
    return settle(backend_.epoch_transition(desc, tables, epoch, result),
                  [&] { return cpu_.epoch_transition(desc, tables, epoch, result); });
}

int GpuKernels::inference_step(const InferenceBatch& batch) {
    if (batch.op_count == 0) return abi::kOk;
    return settle(backend_.inference_step(batch), [&] { return cpu_.inference_step(batch); });
}

int GpuKernels::proof_verify(const abi::ProofVerifyOp* ops, abi::ProofVerifyResult* results,
                             std::uint32_t op_count) {
    if (op_count == 0) return abi::kOk;
    return settle(backend_.proof_verify(ops, results, op_count),
                  [&] { return cpu_.proof_verify(ops, results, op_count); });
}

}  // namespace aivm::gpu
