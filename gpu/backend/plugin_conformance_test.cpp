// One plugin on its device, loaded as a run loads it, against the published vectors and the
// canonical kernels. A program of its own, steered by the environment:
//   LUX_GPU_PLUGIN_DIR         where the plugin is
//   AIVM_CONFORMANCE_BACKEND   its kind: cuda, hip, vulkan, webgpu or metal
//   AIVM_CONFORMANCE_CASES     random cases (default 200)
//   AIVM_CONFORMANCE_SEED      the seed of the first of them (default 0)
//   AIVM_WEBGPU_LIBRARY        the implementation of WebGPU; skipped when the file is gone
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "core/testing/random_workload.h"
#include "core/testing/vector_file.h"
#include "gpu/backend/backend_registry.h"
#include "gpu/backend/testing/launcher_kernels.h"
#include "gpu/kernels/testing/adversarial_cases.h"
#include "gpu/kernels/testing/edge_cases.h"

namespace aivm::gpu {
namespace {

using workload::Random;

constexpr adversarial::Limits kLargeCases{300, 300};

std::string variable(const char* variable_name, const char* fallback) {
    const char* value = std::getenv(variable_name);
    return value ? value : fallback;
}

// The kernels of the plugin in mode gpu: a failure of the device ends the test with an exception.
class PluginConformance : public testing::Test {
protected:
    static void SetUpTestSuite() {
        const auto request = request_from_name(variable("AIVM_CONFORMANCE_BACKEND", ""));
        ASSERT_TRUE(request) << "AIVM_CONFORMANCE_BACKEND names no backend";
        const Status chosen = registry().set_backend(*request);
        ASSERT_TRUE(chosen) << chosen.error().text();
    }

    static BackendRegistry& registry() {
        static BackendRegistry instance;
        return instance;
    }
    static Kernels& kernels() { return registry().kernels(); }
};

TEST_F(PluginConformance, TheKindThatWasAskedForIsInUseAndNamesItsDevice) {
    EXPECT_EQ(variable("AIVM_CONFORMANCE_BACKEND", ""), registry().effective_backend_name());
    const auto& candidates = registry().candidates();
    ASSERT_FALSE(candidates.empty());
    EXPECT_NE("", candidates.back().device_name);
    EXPECT_EQ(SelfTest::kPassed, candidates.back().self_test);
    RecordProperty("device", candidates.back().device_name);
    // On the output too: the log of a failure then names the driver.
    printf("device: %s\n", candidates.back().device_name.c_str());
}

TEST_F(PluginConformance, EveryPublishedVectorGivesItsBytes) {
    const auto file =
        vectors::read_file(vectors::path_or(AIVM_SOURCE_DIR "/core/kernels/vectors/kernels.json"));
    for (const auto& vector_case : file.at("cases")) {
        SCOPED_TRACE(vector_case.at("name").get<std::string>());
        for (const std::string& difference : vectors::run_case(kernels(), vector_case))
            ADD_FAILURE() << difference;
    }
}

// On the launchers themselves: the loader would refuse some of these calls.
TEST_F(PluginConformance, RandomAdversarialCasesGiveTheCanonicalBytes) {
    const auto first = std::stoull(variable("AIVM_CONFORMANCE_SEED", "0"));
    const auto cases = std::stoull(variable("AIVM_CONFORMANCE_CASES", "200"));
    const auto& chosen = registry().candidates().back();
    const auto plugin = Plugin::load(chosen.kind, chosen.path);
    ASSERT_TRUE(plugin);
    LauncherKernels launchers(plugin->launchers());
    CpuKernels canonical;
    const adversarial::Backend backends[] = {{"canonical", &canonical}, {"plugin", &launchers}};
    EXPECT_EQ("", adversarial::check_cases(backends, first, cases));
    EXPECT_EQ("", adversarial::check_cases(backends, first + cases, cases / 10, kLargeCases));
}

TEST_F(PluginConformance, EdgeCasesGiveTheCanonicalBytes) {
    CpuKernels canonical;
    EXPECT_EQ("", first_edge_difference(canonical, kernels()));
}

TEST_F(PluginConformance, LargeTablesAndBatchesGiveTheCanonicalBytes) {
    CpuKernels canonical;
    for (const std::uint64_t seed : {1, 2, 3}) {
        Random random(seed);
        ASSERT_EQ("", workload::first_difference(canonical, kernels(), random, 6'000))
            << "seed " << seed;
    }
}

// A copy of `values` whose address is 4 modulo 8.
template <class T>
class Misaligned {
public:
    explicit Misaligned(const std::vector<T>& values) : count_(values.size()) {
        storage_.resize(count_ * sizeof(T) / 8 + 2);
        std::memcpy(bytes(), values.data(), count_ * sizeof(T));
    }
    T* data() { return reinterpret_cast<T*>(bytes()); }
    std::vector<T> values() {
        std::vector<T> copy(count_);
        std::memcpy(static_cast<void*>(copy.data()), bytes(), count_ * sizeof(T));
        return copy;
    }

private:
    std::uint8_t* bytes() { return reinterpret_cast<std::uint8_t*>(storage_.data()) + 4; }

    std::vector<std::uint64_t> storage_;
    std::size_t count_;
};

TEST_F(PluginConformance, PointersAlignedToFourBytesGiveTheSameBytes) {
    Random random(7);
    auto tables = workload::some_tables(random, 64);
    tables.attestations.resize(64);
    std::vector<abi::AttestationOp> ops(50);
    for (auto& op : ops) op = workload::some_attestation_op(random);
    auto round = workload::some_round(random);
    round.attestation_op_count = 50;
    auto expected = tables.attestations;
    std::uint32_t expected_applied = 0;
    CpuKernels canonical;
    canonical.attestation_apply(&round, ops.data(), expected.data(), &expected_applied, 64);

    Misaligned<abi::AIVMRoundDescriptor> moved_round({round});
    Misaligned<abi::AttestationOp> moved_ops(ops);
    Misaligned<abi::Attestation> moved_table(tables.attestations);
    Misaligned<std::uint32_t> applied({0});
    ASSERT_EQ(abi::kOk, kernels().attestation_apply(moved_round.data(), moved_ops.data(),
                                                    moved_table.data(), applied.data(), 64));
    EXPECT_TRUE(workload::same_bytes(expected, moved_table.values()));
    EXPECT_EQ(expected_applied, applied.values()[0]);
}

TEST_F(PluginConformance, InferencesThatNameOneOutputLeaveTheHighestAndUnnamedBytesSurvive) {
    Random random(3);
    const auto weights = random.noise<abi::InferenceWeights>();
    constexpr std::uint32_t kCount = 500;
    std::vector<abi::InferenceOp> ops(kCount);
    for (auto& op : ops) {
        op = random.noise<abi::InferenceOp>();
        std::memcpy(op.model_hash, weights.model_hash, 32);
        op.input_offset = random.below(32 * kCount - 31);
        op.input_len = 32;
        op.output_offset = random.below(9);
        op.output_capacity = 1;
    }
    std::vector<std::uint8_t> inputs(32 * kCount);
    random.fill(inputs.data(), inputs.size());
    std::vector<std::uint8_t> expected(kCount, 0xEE), actual(kCount, 0xEE);
    std::vector<abi::InferenceResult> expected_results(kCount), actual_results(kCount);
    CpuKernels canonical;
    canonical.inference_step(
        {&weights, ops.data(), inputs.data(), expected.data(), expected_results.data(), kCount});
    ASSERT_EQ(abi::kOk, kernels().inference_step({&weights, ops.data(), inputs.data(),
                                                  actual.data(), actual_results.data(), kCount}));
    EXPECT_EQ(expected, actual);
    EXPECT_TRUE(workload::same_bytes(expected_results, actual_results));
}

TEST_F(PluginConformance, LaunchersRefuseInvalidArgumentsAndChangeNothing) {
    const auto& chosen = registry().candidates().back();
    const auto plugin = Plugin::load(chosen.kind, chosen.path);
    ASSERT_TRUE(plugin);
    const Launchers& gpu = plugin->launchers();
    const abi::AIVMRoundDescriptor round{};
    const abi::AttestationOp op{};
    abi::Attestation slot{};
    std::uint32_t applied = 77;
    EXPECT_EQ(1, gpu.attestation_apply(nullptr, &op, &slot, &applied, 1, nullptr));
    EXPECT_EQ(1, gpu.attestation_apply(&round, nullptr, &slot, &applied, 1, nullptr));
    EXPECT_EQ(1, gpu.attestation_apply(&round, &op, &slot, &applied, 0, nullptr));
    EXPECT_EQ(1, gpu.provenance_apply(&round, nullptr, nullptr, &applied, 1, nullptr));
    EXPECT_EQ(1, gpu.anchor_apply(&round, nullptr, nullptr, &applied, 0, nullptr));
    EXPECT_EQ(1, gpu.proof_verify(nullptr, nullptr, 1, nullptr));
    EXPECT_EQ(0, gpu.proof_verify(nullptr, nullptr, 0, nullptr));
    EXPECT_EQ(0, gpu.inference_step(nullptr, nullptr, nullptr, nullptr, nullptr, 0, nullptr));
    EXPECT_EQ(77u, applied);
}

}  // namespace
}  // namespace aivm::gpu

int main(int argument_count, char** arguments) {
    constexpr int kSkipped = 77;  // as CTest is configured
    // The environment of Python, which has the library, may be removed after the build.
    const std::string library = aivm::gpu::variable("AIVM_WEBGPU_LIBRARY", "");
    if (!library.empty() && !std::filesystem::exists(library)) {
        std::printf("Skipped: WebGPU (%s is gone)\n", library.c_str());
        return kSkipped;
    }
    testing::InitGoogleTest(&argument_count, arguments);
    return RUN_ALL_TESTS();
}
