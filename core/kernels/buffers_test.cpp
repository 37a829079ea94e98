// How the canonical kernels treat their buffers: pointers aligned to 4 only, nothing touched
// outside (K2), nothing written on refusal, and what null pointers and empty tables mean.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "core/kernels/abi_layout.h"
#include "core/kernels/kernels.h"
#include "core/testing/random_workload.h"

namespace aivm {
namespace {

using workload::Random;

// `count` elements at an address that is 4 modulo 8, in a heap block of exactly that end, with a
// guard in front: the sanitizer watches the end, the guard the beginning.
template <class T>
class Misaligned {
public:
    explicit Misaligned(const std::vector<T>& values)
        : count_(values.size()), block_(new std::uint8_t[kGuard + count_ * sizeof(T)]) {
        std::memset(block_.get(), 0xA5, kGuard);
        if (count_ != 0) std::memcpy(block_.get() + kGuard, values.data(), count_ * sizeof(T));
    }
    explicit Misaligned(const T& value) : Misaligned(std::vector<T>{value}) {}

    T* data() { return reinterpret_cast<T*>(block_.get() + kGuard); }
    std::uint32_t count() const { return static_cast<std::uint32_t>(count_); }
    std::vector<T> values() const {
        std::vector<T> out(count_);
        if (count_ != 0) std::memcpy(out.data(), block_.get() + kGuard, count_ * sizeof(T));
        return out;
    }
    bool guard_holds() const {
        for (std::size_t i = 0; i < kGuard; ++i) {
            if (block_[i] != 0xA5) return false;
        }
        return true;
    }

private:
    static constexpr std::size_t kGuard = 20;
    std::size_t count_;
    std::unique_ptr<std::uint8_t[]> block_;
};

// The canonical kernels, called with misaligned copies of all buffers; results are copied back.
class MisalignedKernels final : public Kernels {
public:
    bool guards_hold = true;

    int attestation_apply(const abi::AIVMRoundDescriptor* desc, const abi::AttestationOp* ops,
                          abi::Attestation* table, std::uint32_t* applied,
                          std::uint32_t count) override {
        return apply(desc, ops, desc->attestation_op_count, table, applied, count,
                     [&](auto... arguments) { return cpu_.attestation_apply(arguments...); });
    }
    int provenance_apply(const abi::AIVMRoundDescriptor* desc, const abi::ModelOp* ops,
                         abi::ModelRegistryEntry* table, std::uint32_t* applied,
                         std::uint32_t count) override {
        return apply(desc, ops, desc->model_op_count, table, applied, count,
                     [&](auto... arguments) { return cpu_.provenance_apply(arguments...); });
    }
    int anchor_apply(const abi::AIVMRoundDescriptor* desc, const abi::AnchorOp* ops,
                     abi::AuditAnchor* table, std::uint32_t* applied,
                     std::uint32_t count) override {
        return apply(desc, ops, desc->anchor_op_count, table, applied, count,
                     [&](auto... arguments) { return cpu_.anchor_apply(arguments...); });
    }
    int epoch_transition(const abi::AIVMRoundDescriptor* desc, const EpochTables& tables,
                         abi::AIVMEpochState* epoch, abi::AIVMTransitionResult* result) override {
        Misaligned<abi::AIVMRoundDescriptor> round(*desc);
        auto attestations = copy_of(tables.attestations, tables.attestation_count);
        auto models = copy_of(tables.models, tables.model_count);
        auto anchors = copy_of(tables.anchors, tables.anchor_count);
        Misaligned<abi::AIVMEpochState> state(*epoch);
        Misaligned<abi::AIVMTransitionResult> out(*result);
        const EpochTables moved{attestations.data(),  models.data(),  anchors.data(),
                                attestations.count(), models.count(), anchors.count()};
        const int code = cpu_.epoch_transition(round.data(), moved, state.data(), out.data());
        check(attestations, state, out);
        give_back(attestations, tables.attestations);
        *epoch = state.values()[0];
        *result = out.values()[0];
        return code;
    }
    int inference_step(const InferenceBatch& batch) override {
        Misaligned<abi::InferenceWeights> weights(*batch.weights);
        auto ops = copy_of(batch.ops, batch.op_count);
        auto inputs = copy_of(batch.inputs, 32 * batch.op_count);
        auto outputs = copy_of(batch.outputs, batch.op_count);
        auto results = copy_of(batch.results, batch.op_count);
        const int code = cpu_.inference_step({weights.data(), ops.data(), inputs.data(),
                                              outputs.data(), results.data(), batch.op_count});
        check(outputs, results);
        give_back(outputs, batch.outputs);
        give_back(results, batch.results);
        return code;
    }
    int proof_verify(const abi::ProofVerifyOp* ops, abi::ProofVerifyResult* results,
                     std::uint32_t count) override {
        auto own_ops = copy_of(ops, count);
        auto own_results = copy_of(results, count);
        const int code = cpu_.proof_verify(own_ops.data(), own_results.data(), count);
        check(own_results);
        give_back(own_results, results);
        return code;
    }

private:
    template <class T>
    static Misaligned<std::remove_const_t<T>> copy_of(T* values, std::size_t count) {
        return Misaligned<std::remove_const_t<T>>(
            std::vector<std::remove_const_t<T>>(values, values + count));
    }
    template <class T>
    static void give_back(const Misaligned<T>& from, T* to) {
        const auto values = from.values();
        std::copy(values.begin(), values.end(), to);
    }
    template <class... T>
    void check(const T&... buffers) {
        guards_hold = guards_hold && (buffers.guard_holds() && ...);
    }
    template <class Op, class Entry, class Kernel>
    int apply(const abi::AIVMRoundDescriptor* desc, const Op* ops, std::uint32_t op_count,
              Entry* table, std::uint32_t* applied, std::uint32_t count, Kernel kernel) {
        Misaligned<abi::AIVMRoundDescriptor> round(*desc);
        // exactly as many as the descriptor allows to be read
        auto own_ops = copy_of(ops, op_count);
        auto own_table = copy_of(table, count);
        Misaligned<std::uint32_t> own_applied(*applied);
        const int code =
            kernel(round.data(), own_ops.data(), own_table.data(), own_applied.data(), count);
        check(own_table, own_applied);
        give_back(own_table, table);
        *applied = own_applied.values()[0];
        return code;
    }

    CpuKernels cpu_;
};

TEST(KernelBuffers, PointersAlignedToFourBytesGiveTheSameBytesAndNothingOutsideIsWritten) {
    CpuKernels canonical;
    MisalignedKernels misaligned;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        Random random(seed);
        ASSERT_EQ("", workload::first_difference(canonical, misaligned, random, 20))
            << "seed " << seed;
    }
    EXPECT_TRUE(misaligned.guards_hold);
}

TEST(KernelBuffers, NullPointersAndEmptyHashTablesAreRefusedAndNothingIsWritten) {
    CpuKernels kernels;
    abi::AIVMRoundDescriptor desc{};
    abi::AttestationOp op{};
    abi::Attestation slot{};
    std::uint32_t applied = 77;
    EXPECT_EQ(1, kernels.attestation_apply(nullptr, &op, &slot, &applied, 1));
    EXPECT_EQ(1, kernels.attestation_apply(&desc, nullptr, &slot, &applied, 1));
    EXPECT_EQ(1, kernels.attestation_apply(&desc, &op, nullptr, &applied, 1));
    EXPECT_EQ(1, kernels.attestation_apply(&desc, &op, &slot, nullptr, 1));
    EXPECT_EQ(1, kernels.attestation_apply(&desc, &op, &slot, &applied, 0));
    abi::ModelOp model{};
    abi::ModelRegistryEntry entry{};
    EXPECT_EQ(1, kernels.provenance_apply(&desc, nullptr, &entry, &applied, 1));
    EXPECT_EQ(1, kernels.provenance_apply(&desc, &model, &entry, &applied, 0));
    abi::AnchorOp anchor{};
    EXPECT_EQ(1, kernels.anchor_apply(&desc, nullptr, nullptr, &applied, 0));
    EXPECT_EQ(1, kernels.anchor_apply(&desc, &anchor, nullptr, &applied, 1));
    EXPECT_EQ(77u, applied);
    abi::AIVMEpochState epoch{};
    EXPECT_EQ(1, kernels.epoch_transition(&desc, {}, &epoch, nullptr));
    abi::AIVMTransitionResult result{};
    EXPECT_EQ(
        1, kernels.epoch_transition(&desc, {nullptr, nullptr, nullptr, 0, 1, 0}, &epoch, &result));
    EXPECT_TRUE(workload::same_bytes(abi::AIVMTransitionResult{}, result));
}

TEST(KernelBuffers, EmptyTablesAreFineForAnchorsAndEpochs) {
    CpuKernels kernels;
    abi::AIVMRoundDescriptor desc{};
    abi::AnchorOp anchor{};
    std::uint32_t applied = 77;
    EXPECT_EQ(0, kernels.anchor_apply(&desc, &anchor, nullptr, &applied, 0));
    EXPECT_EQ(0u, applied);
    abi::AIVMEpochState epoch{};
    abi::AIVMTransitionResult result{};
    EXPECT_EQ(0, kernels.epoch_transition(&desc, {}, &epoch, &result));
    EXPECT_EQ(1u, result.status);
}

TEST(KernelBuffers, AnInferenceOffsetOutsideTheBatchRefusesAllOfItAndWritesNothing) {
    CpuKernels kernels;
    abi::InferenceWeights weights{};
    std::vector<abi::InferenceOp> ops(2);
    for (auto& op : ops) op.input_len = 32, op.output_capacity = 1;
    const std::vector<std::uint8_t> inputs(64);
    for (const std::uint32_t bad : {33u, 64u, 0xFFFFFFFFu, 0xFFFFFFE0u}) {
        for (const bool is_input : {true, false}) {
            auto broken = ops;
            (is_input ? broken[1].input_offset : broken[1].output_offset) = bad;
            std::vector<std::uint8_t> outputs(2, 0xEE);
            std::vector<abi::InferenceResult> results(2);
            std::memset(static_cast<void*>(results.data()), 0xCC, 2 * sizeof results[0]);
            const auto before = results;
            EXPECT_EQ(1, kernels.inference_step({&weights, broken.data(), inputs.data(),
                                                 outputs.data(), results.data(), 2}));
            EXPECT_EQ((std::vector<std::uint8_t>{0xEE, 0xEE}), outputs);
            EXPECT_TRUE(workload::same_bytes(before, results));
            broken[1].input_len = 31;  // an operation that fails its checks may name any offset
            EXPECT_EQ(0, kernels.inference_step({&weights, broken.data(), inputs.data(),
                                                 outputs.data(), results.data(), 2}));
            EXPECT_EQ(std::uint32_t{abi::kWrongInputLength}, results[1].status);
        }
    }
}

TEST(KernelBuffers, NoOperationsTouchNothing) {
    CpuKernels kernels;
    EXPECT_EQ(0, kernels.inference_step({}));
    EXPECT_EQ(0, kernels.proof_verify(nullptr, nullptr, 0));
}

TEST(KernelAbi, TheFieldTablesCoverEveryByteOfEveryStructure) {
    const auto covers = [](std::span<const abi::Field> fields, std::size_t size) {
        std::size_t end = 0;
        for (const abi::Field& field : fields) {
            if (field.offset != end) return false;
            end += field.size_bytes;
        }
        return end == size;
    };
#define AIVM_ABI_COVERS(NAME, SIZE) EXPECT_TRUE(covers(abi::fields_of<abi::NAME>(), SIZE)) << #NAME;
    AIVM_ABI_STRUCTS(AIVM_ABI_COVERS)
#undef AIVM_ABI_COVERS
}

}  // namespace
}  // namespace aivm
