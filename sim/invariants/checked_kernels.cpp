#include "sim/invariants/checked_kernels.h"

#include <cstring>
#include <vector>

namespace aivm::sim {
namespace {

template <class T>
bool same_bytes(const T* a, const std::vector<T>& b) {
    return b.empty() || std::memcmp(a, b.data(), b.size() * sizeof(T)) == 0;
}

template <class T>
std::vector<T> copy_of(const T* data, std::size_t count) {
    return data == nullptr ? std::vector<T>() : std::vector<T>(data, data + count);
}

}  // namespace

void CheckedKernels::judge(bool same, const char* kernel, std::uint32_t count) {
    comparisons_ += count;
    if (!same) on_difference_(std::string(kernel) + " gave other bytes than the canonical kernel");
}

template <class Slot, class Call>
int CheckedKernels::compare_table(const char* kernel, Slot* table, std::uint32_t* applied,
                                  std::uint32_t slot_count, Call&& call) {
    std::vector<Slot> expected = copy_of(table, slot_count);
    std::uint32_t expected_applied = applied == nullptr ? 0 : *applied;
    const int code = call(target(), table, applied);
    const int expected_code = call(canonical_, table == nullptr ? nullptr : expected.data(),
                                   applied == nullptr ? nullptr : &expected_applied);
    judge(code == expected_code && same_bytes(table, expected) &&
              (applied == nullptr || *applied == expected_applied),
          kernel);
    return code;
}

int CheckedKernels::attestation_apply(const abi::AIVMRoundDescriptor* desc,
                                      const abi::AttestationOp* ops, abi::Attestation* table,
                                      std::uint32_t* applied, std::uint32_t slot_count) {
    return compare_table("attestation_apply", table, applied, slot_count,
                         [&](Kernels& k, auto* t, auto* a) {
                             return k.attestation_apply(desc, ops, t, a, slot_count);
                         });
}

int CheckedKernels::provenance_apply(const abi::AIVMRoundDescriptor* desc, const abi::ModelOp* ops,
                                     abi::ModelRegistryEntry* table, std::uint32_t* applied,
                                     std::uint32_t slot_count) {
    return compare_table("provenance_apply", table, applied, slot_count,
                         [&](Kernels& k, auto* t, auto* a) {
                             return k.provenance_apply(desc, ops, t, a, slot_count);
                         });
}

int CheckedKernels::anchor_apply(const abi::AIVMRoundDescriptor* desc, const abi::AnchorOp* ops,
                                 abi::AuditAnchor* table, std::uint32_t* applied,
                                 std::uint32_t slot_count) {
    return compare_table(
        "anchor_apply", table, applied, slot_count,
        [&](Kernels& k, auto* t, auto* a) { return k.anchor_apply(desc, ops, t, a, slot_count); });
}

int CheckedKernels::epoch_transition(const abi::AIVMRoundDescriptor* desc,
                                     const EpochTables& tables, abi::AIVMEpochState* epoch,
                                     abi::AIVMTransitionResult* result) {
    std::vector<abi::Attestation> attestations =
        copy_of(tables.attestations, tables.attestation_count);
    abi::AIVMEpochState expected_epoch = *epoch;
    abi::AIVMTransitionResult expected_result = *result;
    EpochTables expected = tables;
    expected.attestations = tables.attestations == nullptr ? nullptr : attestations.data();
    const int code = target().epoch_transition(desc, tables, epoch, result);
    const int expected_code =
        canonical_.epoch_transition(desc, expected, &expected_epoch, &expected_result);
    judge(code == expected_code && same_bytes(tables.attestations, attestations) &&
              std::memcmp(epoch, &expected_epoch, sizeof *epoch) == 0 &&
              std::memcmp(result, &expected_result, sizeof *result) == 0,
          "epoch_transition");
    return code;
}

int CheckedKernels::inference_step(const InferenceBatch& batch) {
    std::vector<std::uint8_t> outputs = copy_of(batch.outputs, batch.op_count);
    std::vector<abi::InferenceResult> results = copy_of(batch.results, batch.op_count);
    InferenceBatch expected = batch;
    expected.outputs = outputs.data();
    expected.results = results.data();
    const int code = target().inference_step(batch);
    const int expected_code = canonical_.inference_step(expected);
    judge(code == expected_code && same_bytes(batch.outputs, outputs) &&
              same_bytes(batch.results, results),
          "inference_step", batch.op_count);
    return code;
}

int CheckedKernels::proof_verify(const abi::ProofVerifyOp* ops, abi::ProofVerifyResult* results,
                                 std::uint32_t op_count) {
    std::vector<abi::ProofVerifyResult> expected = copy_of(results, op_count);
    const int code = target().proof_verify(ops, results, op_count);
    const int expected_code = canonical_.proof_verify(ops, expected.data(), op_count);
    judge(code == expected_code && same_bytes(results, expected), "proof_verify");
    return code;
}

}  // namespace aivm::sim
