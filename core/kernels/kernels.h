// The six kernels behind one interface: the canonical CPU code here, SIMD and plugins in gpu/.
//
// Every function returns an abi::ReturnCode as int; a non-zero return means that no output byte was
// changed. All implementations write the same bytes as CpuKernels. Host pointers may be aligned to
// 4 bytes only. `applied` receives how many operations took effect. Only the first desc->*_op_count
// operations are read. Not thread safe for one set of tables; CpuKernels itself has no state.
#pragma once

#include <cstdint>

#include "core/kernels/abi.h"
#include "core/kernels/batch_hasher.h"

namespace aivm {

// The slots that epoch_transition folds. A table of count 0 may be null.
struct EpochTables {
    // read and written: expired ones get their status bit
    abi::Attestation* attestations = nullptr;
    const abi::ModelRegistryEntry* models = nullptr;
    const abi::AuditAnchor* anchors = nullptr;
    std::uint32_t attestation_count = 0;
    std::uint32_t model_count = 0;
    std::uint32_t anchor_count = 0;
};

// One batch of int8 inferences: inputs are 32 * op_count bytes, outputs op_count bytes, results
// op_count elements.
struct InferenceBatch {
    const abi::InferenceWeights* weights = nullptr;
    const abi::InferenceOp* ops = nullptr;
    const std::uint8_t* inputs = nullptr;
    std::uint8_t* outputs = nullptr;  // bytes outside of all operations keep their value
    abi::InferenceResult* results = nullptr;
    std::uint32_t op_count = 0;  // 0 returns 0 and touches nothing
};

class Kernels {
public:
    Kernels() = default;
    Kernels(const Kernels&) = delete;
    Kernels& operator=(const Kernels&) = delete;
    virtual ~Kernels() = default;

    // Insert or update by quote digest. Refused: a zero digest or key. A full table drops a new
    // digest silently. 1 for a null pointer or an empty table.
    virtual int attestation_apply(const abi::AIVMRoundDescriptor* desc,
                                  const abi::AttestationOp* ops, abi::Attestation* table,
                                  std::uint32_t* applied, std::uint32_t slot_count) = 0;

    // Register, update, re-license or transfer models by model root. 1 for a null pointer or an
    // empty table.
    virtual int provenance_apply(const abi::AIVMRoundDescriptor* desc, const abi::ModelOp* ops,
                                 abi::ModelRegistryEntry* table, std::uint32_t* applied,
                                 std::uint32_t slot_count) = 0;

    // Append anchors that continue the chain of roots, from the first free slot up. An empty table
    // is accepted.
    virtual int anchor_apply(const abi::AIVMRoundDescriptor* desc, const abi::AnchorOp* ops,
                             abi::AuditAnchor* table, std::uint32_t* applied,
                             std::uint32_t slot_count) = 0;

    // Mark expired attestations, fold the three tables into roots, move the epoch when
    // desc->closing_flag is set. `epoch` and `result` are read and written: bytes that the rules do
    // not name survive.
    virtual int epoch_transition(const abi::AIVMRoundDescriptor* desc, const EpochTables& tables,
                                 abi::AIVMEpochState* epoch, abi::AIVMTransitionResult* result) = 0;

    // 1 when an operation that passes its checks names bytes outside the batch.
    virtual int inference_step(const InferenceBatch& batch) = 0;

    virtual int proof_verify(const abi::ProofVerifyOp* ops, abi::ProofVerifyResult* results,
                             std::uint32_t op_count) = 0;

    // How KernelTables closes a round with these kernels. By default it folds from its caches and
    // this hasher computes the digests; a backend that must do all the work itself (a GPU that the
    // user asked for) receives whole tables.
    [[nodiscard]] virtual const BatchHasher& hasher() const { return scalar_hasher(); }
    [[nodiscard]] virtual bool wants_whole_tables() const { return false; }
};

// The canonical kernels: plain loops whose bytes define the results of every other backend.
class CpuKernels final : public Kernels {
public:
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
};

}  // namespace aivm
