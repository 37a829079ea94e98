// The CUDA source on the CPU stand-in, against the canonical and the SIMD kernels.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

#include "gpu/kernels/cuda_device.h"
#include "gpu/kernels/device_kernels.h"
#include "gpu/kernels/testing/adversarial_cases.h"
#include "gpu/kernels/testing/stand_in_modes.h"
#include "gpu/simd/simd_kernels.h"

namespace aivm::emulation {
namespace {

const char* const kVectors = AIVM_SOURCE_DIR "/core/kernels/vectors/kernels.json";

// AIVM_STAND_IN_SCALE=N: N times as many cases, and others than those of the plain run.
Work scaled_work() {
    Work work;
    work.vector_file = kVectors;
    const char* const text = std::getenv("AIVM_STAND_IN_SCALE");
    const std::uint64_t scale = text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
    if (scale > 1) work.first_case = 5'000'000;
    work.small_cases *= scale;
    work.large_cases *= scale;
    work.failing_cases *= scale;
    return work;
}

class EveryMode : public testing::TestWithParam<Mode> {};

INSTANTIATE_TEST_SUITE_P(StandIn, EveryMode, testing::ValuesIn(kModes),
                         [](const auto& mode) { return std::string(name(mode.param)); });

TEST_P(EveryMode, TheCudaSourceWritesTheCanonicalBytes) {
    EXPECT_EQ("", check(GetParam(), scaled_work()));
}

TEST(StandInKernels, TenThousandAdversarialCasesAreByteEqual) {
    Work work;
    work.small_cases = 9'500;
    work.large_cases = 500;
    EXPECT_EQ("", check(Mode::kPlain, work));
}

TEST(StandInKernels, WithoutADeviceEveryKernelReturnsNotSupportedAndWritesNothing) {
    Options options;
    options.has_device = false;
    configure(options);
    const auto device = gpu::make_cuda_device();
    gpu::DeviceKernels kernels(*device);
    workload::Random random(1);
    const auto op = random.noise<abi::ProofVerifyOp>();
    const auto before = random.noise<abi::ProofVerifyResult>();
    auto result = before;
    EXPECT_EQ(abi::kNotSupported, kernels.proof_verify(&op, &result, 1));
    EXPECT_TRUE(workload::same_bytes(before, result));
    EXPECT_EQ(abi::kOk, kernels.proof_verify(&op, &result, 0)) << "an empty batch needs no device";
    EXPECT_EQ(abi::kInvalidArgument, kernels.proof_verify(nullptr, &result, 1));
    const abi::AIVMRoundDescriptor desc{};
    abi::AIVMEpochState epoch{};
    abi::AIVMTransitionResult transition{};
    std::uint32_t applied = 77;
    const abi::AnchorOp anchor{};
    EXPECT_EQ(abi::kNotSupported, kernels.anchor_apply(&desc, &anchor, nullptr, &applied, 0));
    EXPECT_EQ(abi::kNotSupported, kernels.epoch_transition(&desc, {}, &epoch, &transition));
    EXPECT_EQ(77U, applied);
    EXPECT_EQ(0U, transition.status);
    configure({});
    EXPECT_EQ(abi::kOk, kernels.proof_verify(&op, &result, 1)) << "the device is back";
}

TEST(StandInKernels, AnOperationCountBeyondDeviceIndicesIsOutOfMemory) {
    configure({});
    const auto device = gpu::make_cuda_device();
    gpu::DeviceKernels kernels(*device);
    abi::AIVMRoundDescriptor desc{};
    desc.attestation_op_count = 0xFFFFFFFF;  // no such array is read
    desc.model_op_count = 0xFFFFFFFF;
    const abi::AttestationOp op{};
    const abi::ModelOp model_op{};
    abi::Attestation slot{};
    abi::ModelRegistryEntry model{};
    std::uint32_t applied = 77;
    EXPECT_EQ(abi::kOutOfMemory, kernels.attestation_apply(&desc, &op, &slot, &applied, 1));
    EXPECT_EQ(abi::kOutOfMemory, kernels.provenance_apply(&desc, &model_op, &model, &applied, 1));
    EXPECT_EQ(77U, applied);
}

// The checks of this file can fail: they find a backend with one wrong byte.
class WrongStatus final : public Kernels {
public:
    int attestation_apply(const abi::AIVMRoundDescriptor* desc, const abi::AttestationOp* ops,
                          abi::Attestation* table, std::uint32_t* applied,
                          std::uint32_t slot_count) override {
        const int code = cpu_.attestation_apply(desc, ops, table, applied, slot_count);
        if (code == abi::kOk) reinterpret_cast<std::uint8_t*>(table)[143] ^= 1;
        return code;
    }
    int provenance_apply(const abi::AIVMRoundDescriptor* desc, const abi::ModelOp* ops,
                         abi::ModelRegistryEntry* table, std::uint32_t* applied,
                         std::uint32_t slot_count) override {
        const int code = cpu_.provenance_apply(desc, ops, table, applied, slot_count);
        return code == abi::kInvalidArgument ? abi::kInternal : code;
    }
    int anchor_apply(const abi::AIVMRoundDescriptor* desc, const abi::AnchorOp* ops,
                     abi::AuditAnchor* table, std::uint32_t* applied,
                     std::uint32_t slot_count) override {
        return cpu_.anchor_apply(desc, ops, table, applied, slot_count);
    }
    int epoch_transition(const abi::AIVMRoundDescriptor* desc, const EpochTables& tables,
                         abi::AIVMEpochState* epoch, abi::AIVMTransitionResult* result) override {
        const int code = cpu_.epoch_transition(desc, tables, epoch, result);
        reinterpret_cast<std::uint8_t*>(result)[sizeof *result] ^= 1;
        return code;
    }
    int inference_step(const InferenceBatch& batch) override {
        const int code = cpu_.inference_step(batch);
        if (code == abi::kInvalidArgument && batch.op_count > 0) batch.outputs[0] ^= 1;
        return code;
    }
    int proof_verify(const abi::ProofVerifyOp* ops, abi::ProofVerifyResult* results,
                     std::uint32_t op_count) override {
        return cpu_.proof_verify(ops, results, op_count);
    }

private:
    CpuKernels cpu_;
};

TEST(AdversarialCases, FindWrongBytesWrongCodesStrayWritesAndPartialCommits) {
    CpuKernels canonical;
    WrongStatus wrong;
    const gpu::adversarial::Backend backends[] = {{"canonical", &canonical}, {"wrong", &wrong}};
    const auto first_of = [&](std::uint32_t kernel) {
        for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
            workload::Random random(seed);
            const auto found = gpu::adversarial::check_case(backends, kernel, random);
            if (!found.empty()) return found;
        }
        return std::string();
    };
    EXPECT_EQ("attestation_apply on wrong: its outputs differ", first_of(0));
    EXPECT_EQ("provenance_apply on wrong: returns 5, not 1", first_of(1));
    EXPECT_EQ("", first_of(2));
    EXPECT_EQ("epoch_transition on wrong: writes outside its buffers", first_of(3));
    EXPECT_EQ("inference_step on wrong: its outputs differ", first_of(4));
    EXPECT_EQ("", first_of(5));
}

}  // namespace
}  // namespace aivm::emulation
