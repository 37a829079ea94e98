#include "sim/invariants/checked_kernels.h"

#include <algorithm>
#include <cstring>
#include <type_traits>
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

// A copy of an output between two borders, which a backend must not change.
template <class T>
class Bordered {
    static_assert(std::is_trivially_copyable_v<T>);

public:
    Bordered(const T* data, std::size_t count) : bytes_(2 * kBorder + count * sizeof(T), kPattern) {
        if (count != 0) std::memcpy(bytes_.data() + kBorder, data, count * sizeof(T));
    }
    [[nodiscard]] T* data() { return reinterpret_cast<T*>(bytes_.data() + kBorder); }
    [[nodiscard]] bool intact() const {
        const auto is_pattern = [](std::uint8_t byte) { return byte == kPattern; };
        return std::all_of(bytes_.begin(), bytes_.begin() + kBorder, is_pattern) &&
               std::all_of(bytes_.end() - kBorder, bytes_.end(), is_pattern);
    }
    void copy_to(T* out) const {
        const std::size_t size = bytes_.size() - 2 * kBorder;
        if (size != 0) std::memcpy(out, bytes_.data() + kBorder, size);
    }

private:
    static constexpr std::ptrdiff_t kBorder = 256;  // keeps the alignment of every ABI structure
    static constexpr std::uint8_t kPattern = 0xA5;
    std::vector<std::uint8_t> bytes_;
};

// Null stays null: kernels refuse it.
template <class T>
Bordered<T> bordered(const T* data, std::size_t count) {
    return Bordered<T>(data, data == nullptr ? 0 : count);
}

template <class T>
T* inner(Bordered<T>& output, const T* original) {
    return original == nullptr ? nullptr : output.data();
}

}  // namespace

void CheckedKernels::check_borders(bool intact, const char* kernel) {
    ++border_checks_;
    if (!intact) on_difference_("K2", std::string(kernel) + " wrote outside its output");
}

void CheckedKernels::judge(bool same, const char* kernel, std::uint32_t count) {
    comparisons_ += count;
    if (!same)
        on_difference_("K1", std::string(kernel) + " gave other bytes than the canonical kernel");
}

template <class Slot, class Call>
int CheckedKernels::compare_table(const char* kernel, Slot* table, std::uint32_t* applied,
                                  std::uint32_t slot_count, Call&& call) {
    if (!is_compared()) return call(target(), table, applied);
    std::vector<Slot> expected = copy_of(table, slot_count);
    std::uint32_t expected_applied = applied == nullptr ? 0 : *applied;
    Bordered<Slot> output = bordered(table, slot_count);
    const int code = call(target(), inner(output, table), applied);
    check_borders(output.intact(), kernel);
    output.copy_to(table);
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
    if (!is_compared()) return target().epoch_transition(desc, tables, epoch, result);
    std::vector<abi::Attestation> attestations =
        copy_of(tables.attestations, tables.attestation_count);
    abi::AIVMEpochState expected_epoch = *epoch;
    abi::AIVMTransitionResult expected_result = *result;
    EpochTables expected = tables;
    expected.attestations = tables.attestations == nullptr ? nullptr : attestations.data();
    Bordered<abi::AIVMEpochState> epoch_output = bordered(epoch, 1);
    Bordered<abi::AIVMTransitionResult> result_output = bordered(result, 1);
    const int code =
        target().epoch_transition(desc, tables, epoch_output.data(), result_output.data());
    check_borders(epoch_output.intact() && result_output.intact(), "epoch_transition");
    epoch_output.copy_to(epoch);
    result_output.copy_to(result);
    const int expected_code =
        canonical_.epoch_transition(desc, expected, &expected_epoch, &expected_result);
    judge(code == expected_code && same_bytes(tables.attestations, attestations) &&
              std::memcmp(epoch, &expected_epoch, sizeof *epoch) == 0 &&
              std::memcmp(result, &expected_result, sizeof *result) == 0,
          "epoch_transition");
    return code;
}

int CheckedKernels::inference_step(const InferenceBatch& batch) {
    if (!is_compared()) return target().inference_step(batch);
    std::vector<std::uint8_t> outputs = copy_of(batch.outputs, batch.op_count);
    std::vector<abi::InferenceResult> results = copy_of(batch.results, batch.op_count);
    InferenceBatch expected = batch;
    expected.outputs = outputs.data();
    expected.results = results.data();
    Bordered<std::uint8_t> outputs_of_target = bordered(batch.outputs, batch.op_count);
    Bordered<abi::InferenceResult> results_of_target = bordered(batch.results, batch.op_count);
    InferenceBatch tested = batch;
    tested.outputs = inner(outputs_of_target, batch.outputs);
    tested.results = inner(results_of_target, batch.results);
    const int code = target().inference_step(tested);
    check_borders(outputs_of_target.intact() && results_of_target.intact(), "inference_step");
    outputs_of_target.copy_to(batch.outputs);
    results_of_target.copy_to(batch.results);
    const int expected_code = canonical_.inference_step(expected);
    judge(code == expected_code && same_bytes(batch.outputs, outputs) &&
              same_bytes(batch.results, results),
          "inference_step", batch.op_count);
    return code;
}

int CheckedKernels::proof_verify(const abi::ProofVerifyOp* ops, abi::ProofVerifyResult* results,
                                 std::uint32_t op_count) {
    if (!is_compared()) return target().proof_verify(ops, results, op_count);
    std::vector<abi::ProofVerifyResult> expected = copy_of(results, op_count);
    Bordered<abi::ProofVerifyResult> output = bordered(results, op_count);
    const int code = target().proof_verify(ops, inner(output, results), op_count);
    check_borders(output.intact(), "proof_verify");
    output.copy_to(results);
    const int expected_code = canonical_.proof_verify(ops, expected.data(), op_count);
    judge(code == expected_code && same_bytes(results, expected), "proof_verify");
    return code;
}

}  // namespace aivm::sim
