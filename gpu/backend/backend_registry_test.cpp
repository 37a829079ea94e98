// The search, the choice and the failures of plugins, with real shared objects
// (testing/plugin.cpp).
#include "gpu/backend/backend_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "core/kernels/kernel_tables.h"
#include "core/testing/random_workload.h"
#include "core/testing/vector_file.h"
#include "gpu/backend/testing/plugin_folder.h"

namespace aivm::gpu {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<abi::ProofVerifyOp> some_proofs(std::size_t count) {
    workload::Random random(5);
    std::vector<abi::ProofVerifyOp> ops(count);
    for (auto& op : ops) op = random.noise<abi::ProofVerifyOp>();
    return ops;
}

TEST(BackendRegistry, WithoutAPluginAutoComputesOnTheCpu) {
    PluginFolder empty;
    BackendRegistry registry(empty.environment());
    EXPECT_EQ(Mode::kAuto, registry.active_mode());
    EXPECT_EQ(BackendKind::kNone, registry.effective_backend_kind());
    EXPECT_FALSE(registry.active_gpu_backend().is_available());
    EXPECT_TRUE(registry.refusals().empty());
    const auto ops = some_proofs(3);
    std::vector<abi::ProofVerifyResult> expected(3), actual(3);
    CpuKernels().proof_verify(ops.data(), expected.data(), 3);
    EXPECT_EQ(abi::kOk, registry.kernels().proof_verify(ops.data(), actual.data(), 3));
    EXPECT_TRUE(workload::same_bytes(expected, actual));
}

TEST(BackendRegistry, StartsInModeAutoAndFindsAPluginWhenItIsFirstAsked) {
    PluginFolder folder;
    BackendRegistry registry(folder.environment());
    EXPECT_TRUE(registry.candidates().empty());
    const std::string path = folder.add(BackendKind::kVulkan, "complete");
    EXPECT_EQ(Mode::kAuto, registry.active_mode());
    EXPECT_EQ(path, registry.active_gpu_backend().path());
    EXPECT_EQ("vulkan", registry.effective_backend_name());
    EXPECT_NE(nullptr, dynamic_cast<GpuKernels*>(&registry.kernels()));
}

TEST(BackendRegistry, AKindThatIsAbsentLeavesModeAutoWithThePluginOfAnother) {
    PluginFolder folder;
    folder.add(BackendKind::kVulkan, "complete");
    BackendRegistry registry(folder.environment());
    EXPECT_FALSE(registry.set_backend({.mode = Mode::kGpu, .kind = BackendKind::kCuda}));
    EXPECT_EQ(Mode::kAuto, registry.active_mode());
    EXPECT_EQ(BackendKind::kVulkan, registry.effective_backend_kind());
}

TEST(BackendRegistry, ModeGpuWithoutAPluginIsAClearErrorAndChangesNothing) {
    PluginFolder empty;
    BackendRegistry registry(empty.environment());
    const auto status = registry.set_backend(Mode::kGpu);
    ASSERT_FALSE(status);
    EXPECT_EQ(ErrorCode::kGpuNotAvailable, status.error().code);
    EXPECT_THAT(status.error().text(), HasSubstr("LUX_GPU_PLUGIN_DIR"));
    EXPECT_EQ(Mode::kAuto, registry.active_mode());
    EXPECT_EQ(abi::kOk, registry.kernels().proof_verify(nullptr, nullptr, 0));
}

TEST(BackendRegistry, TheFirstKindOfThePublishedOrderWins) {
    PluginFolder folder;
    const std::vector<BackendKind> backwards(kPluginKinds.rbegin(), kPluginKinds.rend());
    for (const BackendKind kind : backwards) {
        const std::string path = folder.add(kind, "complete");
        BackendRegistry registry(folder.environment());
        ASSERT_TRUE(registry.set_backend(Mode::kAuto));
        EXPECT_EQ(kind, registry.effective_backend_kind()) << name(kind);
        ASSERT_TRUE(registry.active_gpu_backend().is_available());
        EXPECT_EQ(kind, registry.active_gpu_backend().kind());
        EXPECT_EQ(path, registry.active_gpu_backend().path());
    }
}

TEST(BackendRegistry, PlacesAreTriedInThePublishedOrder) {
    EXPECT_THAT(
        plugin_paths(BackendKind::kHip, {"/d", "/p"}),
        ElementsAre("/d/libluxgpu_backend_hip.so", "/d/backends/hip/libluxgpu_backend_hip.so",
                    "/d/build/backends/hip/libluxgpu_backend_hip.so",
                    "/p/lib/libluxgpu_backend_hip.so", "libluxgpu_backend_hip.so"));
    EXPECT_THAT(plugin_paths(BackendKind::kMetal, {}),
                ElementsAre("libluxgpu_backend_metal.dylib"));

    PluginFolder folder;
    PluginEnvironment environment{folder.root(), folder.root() + "/prefix"};
    for (const std::string place : {"prefix/lib", "build/backends/cuda", "backends/cuda", ""}) {
        const std::string path = folder.add(BackendKind::kCuda, "complete", place);
        BackendRegistry registry(environment);
        ASSERT_TRUE(registry.set_backend(Mode::kGpu));
        EXPECT_EQ(path, registry.active_gpu_backend().path());
    }
}

TEST(BackendRegistry, TheSearchIsSteeredByTheEnvironment) {
    setenv("LUX_GPU_PLUGIN_DIR", "/somewhere", 1);
    setenv("LUXCPP_PREFIX", "", 1);
    const auto environment = PluginEnvironment::of_process();
    unsetenv("LUX_GPU_PLUGIN_DIR");
    unsetenv("LUXCPP_PREFIX");
    EXPECT_EQ("/somewhere", environment.plugin_dir);
    EXPECT_EQ(std::nullopt, environment.prefix) << "an empty variable counts as unset";
}

TEST(BackendRegistry, PluginsThatDoNotWorkAreRefusedWithAReasonAndDoNotShadowOneThatDoes) {
    PluginFolder folder;
    const std::string incomplete = folder.add(BackendKind::kCuda, "missing_launcher");
    const std::string absent = folder.add(BackendKind::kCuda, "no_device", "backends/cuda");
    const std::string wrong = folder.add(BackendKind::kHip, "other_abi");
    const std::string lies = folder.add(BackendKind::kHip, "lies", "backends/hip");
    const std::string foreign = folder.write(BackendKind::kMetal, "not a shared object");
    folder.add(BackendKind::kVulkan, "complete");
    BackendRegistry registry(folder.environment());
    ASSERT_TRUE(registry.set_backend(Mode::kGpu));
    EXPECT_EQ(BackendKind::kVulkan, registry.effective_backend_kind());
    EXPECT_THAT(
        registry.refusals(),
        ElementsAre(incomplete + " lacks the launcher lux_cuda_aivm_anchor_apply",
                    absent + " has no device to run on (code 3)",
                    wrong + " returned wrong bytes in its probe: another ABI or a broken build",
                    lies + " returned wrong bytes in its self-test of epoch_transition",
                    foreign + " is not an ELF file"));
}

TEST(BackendRegistry, ModeGpuWithOnlyRefusedPluginsNamesTheReasons) {
    PluginFolder folder;
    folder.add(BackendKind::kCuda, "no_device");
    BackendRegistry registry(folder.environment());
    const auto status = registry.set_backend(Mode::kGpu);
    ASSERT_FALSE(status);
    EXPECT_THAT(status.error().text(), HasSubstr("has no device to run on"));
    EXPECT_TRUE(registry.set_backend(Mode::kAuto)) << "no plugin is a supported state";
}

TEST(BackendRegistry, APluginComputesTheCanonicalBytes) {
    PluginFolder folder;
    folder.add(BackendKind::kWebGpu, "complete");
    BackendRegistry registry(folder.environment());
    ASSERT_TRUE(registry.set_backend(Mode::kGpu));
    const auto file = vectors::read_file(AIVM_SOURCE_DIR "/core/kernels/vectors/kernels.json");
    for (const auto& vector_case : file.at("cases")) {
        for (const auto& difference : vectors::run_case(registry.kernels(), vector_case))
            ADD_FAILURE() << difference;
    }
    CpuKernels canonical;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        workload::Random random(seed);
        ASSERT_EQ("", workload::first_difference(canonical, registry.kernels(), random, 20))
            << "seed " << seed;
    }
    EXPECT_EQ(0u, registry.fallback_count());
}

TEST(BackendRegistry, InModeAutoALaterFailureFallsBackToTheCpuAndIsCounted) {
    PluginFolder folder;
    folder.add(BackendKind::kVulkan, "fails_later");
    BackendRegistry registry(folder.environment());
    ASSERT_TRUE(registry.set_backend(Mode::kAuto));
    ASSERT_EQ(BackendKind::kVulkan, registry.effective_backend_kind());
    const PluginStartsFailing failing;
    CpuKernels canonical;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        workload::Random random(seed);
        ASSERT_EQ("", workload::first_difference(canonical, registry.kernels(), random, 20))
            << "seed " << seed;
    }
    EXPECT_GT(registry.fallback_count(), 100u);
}

TEST(BackendRegistry, InModeGpuALaterFailureIsThrownAndWhatThePluginWroteIsUndone) {
    PluginFolder folder;
    const std::string path = folder.add(BackendKind::kVulkan, "fails_later");
    BackendRegistry registry(folder.environment());
    ASSERT_TRUE(registry.set_backend(Mode::kGpu));
    const PluginStartsFailing failing;
    const auto ops = some_proofs(2);
    std::vector<abi::ProofVerifyResult> results(2);
    const auto before = results;
    try {
        registry.kernels().proof_verify(ops.data(), results.data(), 2);
        FAIL() << "no failure";
    } catch (const GpuFailure& failure) {
        EXPECT_THAT(failure.what(), HasSubstr(path));
        EXPECT_THAT(failure.what(), HasSubstr("proof_verify"));
        EXPECT_THAT(failure.what(), HasSubstr("code 4"));
    }
    EXPECT_TRUE(workload::same_bytes(before, results));
    KernelTables tables({64, 64, 64});
    abi::AIVMTransitionResult result{};
    EXPECT_THROW(tables.close_round(registry.kernels(), {}, result), GpuFailure);
    EXPECT_TRUE(workload::same_bytes(abi::AIVMTransitionResult{}, result));
}

TEST(BackendRegistry, InvalidArgumentsAreAnAnswerNotAFailure) {
    PluginFolder folder;
    folder.add(BackendKind::kVulkan, "fails_later");
    BackendRegistry registry(folder.environment());
    ASSERT_TRUE(registry.set_backend(Mode::kGpu));
    const PluginStartsFailing failing;
    Kernels& kernels = registry.kernels();
    EXPECT_EQ(abi::kInvalidArgument,
              kernels.attestation_apply(nullptr, nullptr, nullptr, nullptr, 0));
    EXPECT_EQ(abi::kInvalidArgument,
              kernels.provenance_apply(nullptr, nullptr, nullptr, nullptr, 0));
    EXPECT_EQ(abi::kInvalidArgument, kernels.anchor_apply(nullptr, nullptr, nullptr, nullptr, 0));
    EXPECT_EQ(abi::kInvalidArgument, kernels.epoch_transition(nullptr, {}, nullptr, nullptr));
    EXPECT_EQ(abi::kInvalidArgument, kernels.proof_verify(nullptr, nullptr, 2));
    EXPECT_EQ(abi::kOk, kernels.proof_verify(nullptr, nullptr, 0));
    EXPECT_EQ(abi::kOk, kernels.inference_step({}));
}

TEST(BackendRegistry, ClosingAPluginTwiceIsClosingItOnce) {
    PluginFolder folder;
    folder.add(BackendKind::kCuda, "complete");
    BackendRegistry registry(folder.environment());
    ASSERT_TRUE(registry.set_backend(Mode::kGpu));
    GpuBackend* backend = &registry.active_gpu_backend();
    ASSERT_TRUE(backend->is_available());
    backend->close();
    backend->close();
    EXPECT_FALSE(backend->is_available());
    EXPECT_FALSE(registry.active_gpu_backend().is_available());
    EXPECT_EQ(BackendKind::kNone, registry.effective_backend_kind());
    const auto ops = some_proofs(1);
    abi::ProofVerifyResult result{};
    EXPECT_THROW(registry.kernels().proof_verify(ops.data(), &result, 1), GpuFailure);
    ASSERT_TRUE(registry.set_backend(Mode::kAuto)) << "a closed plugin is looked for again";
    EXPECT_EQ(BackendKind::kCuda, registry.effective_backend_kind());
    ASSERT_TRUE(registry.set_backend(Mode::kCpu));
    EXPECT_EQ(BackendKind::kNone, registry.effective_backend_kind());
    EXPECT_FALSE(registry.active_gpu_backend().is_available());
}

TEST(BackendRegistry, AClosedPluginThatIsGoneKeepsModeGpuFailing) {
    BackendRegistry registry([] {
        PluginFolder folder;
        folder.add(BackendKind::kCuda, "complete");
        return folder.environment();
    }());
    EXPECT_FALSE(registry.set_backend(Mode::kGpu)) << "the folder is gone";

    PluginFolder folder;
    const std::string path = folder.add(BackendKind::kCuda, "complete");
    BackendRegistry other(folder.environment());
    ASSERT_TRUE(other.set_backend(Mode::kGpu));
    other.active_gpu_backend().close();
    fs::remove(path);
    EXPECT_FALSE(other.set_backend(Mode::kGpu));
    const auto ops = some_proofs(1);
    abi::ProofVerifyResult result{};
    EXPECT_THROW(other.kernels().proof_verify(ops.data(), &result, 1), GpuFailure);
}

BackendRequest request(std::string_view text) { return request_from_name(text).value(); }

TEST(BackendRegistry, NamingAKindTakesThatKindAlone) {
    PluginFolder folder;
    folder.add(BackendKind::kCuda, "complete");
    folder.add(BackendKind::kWebGpu, "complete");
    BackendRegistry registry(folder.environment());
    ASSERT_TRUE(registry.set_backend(request("webgpu")));
    EXPECT_EQ(BackendKind::kWebGpu, registry.effective_backend_kind());
    EXPECT_EQ("webgpu", registry.effective_backend_name());
    EXPECT_EQ(Mode::kGpu, registry.active_mode());
    const auto status = registry.set_backend(request("vulkan"));
    ASSERT_FALSE(status);
    EXPECT_THAT(status.error().text(), HasSubstr("no vulkan plugin found"));
    EXPECT_EQ(BackendKind::kWebGpu, registry.effective_backend_kind()) << "nothing changes";
    ASSERT_TRUE(registry.set_backend(request("cuda")));
    EXPECT_EQ(BackendKind::kCuda, registry.effective_backend_kind());
}

TEST(BackendRegistry, CpuIsTheCanonicalPathAndSimdTheBatchedOne) {
    PluginFolder folder;
    folder.add(BackendKind::kCuda, "complete");
    BackendRegistry registry(folder.environment());
    ASSERT_TRUE(registry.set_backend(request("cpu")));
    EXPECT_EQ("cpu", registry.effective_backend_name());
    EXPECT_NE(nullptr, dynamic_cast<CpuKernels*>(&registry.kernels()));
    ASSERT_TRUE(registry.set_backend(request("simd")));
    EXPECT_EQ("simd", registry.effective_backend_name());
    EXPECT_NE(nullptr, dynamic_cast<SimdKernels*>(&registry.kernels()));
    EXPECT_TRUE(registry.candidates().empty()) << "mode cpu looks for no plugin";
}

TEST(BackendRegistry, EveryNameOfARequestIsReadBack) {
    for (const std::string_view text : kRequestNames) EXPECT_EQ(text, name(request(text)));
    EXPECT_EQ(std::nullopt, request_from_name("none"));
    EXPECT_EQ(std::nullopt, request_from_name(""));
    EXPECT_EQ(std::nullopt, request_from_name("Vulkan"));
}

TEST(BackendRegistry, AListingShowsEveryCandidateAndWhyItWasOrWasNotChosen) {
    PluginFolder folder;
    const std::string absent = folder.add(BackendKind::kCuda, "no_device");
    const std::string first = folder.add(BackendKind::kVulkan, "named");
    folder.add(BackendKind::kVulkan, "complete", "backends/vulkan");
    folder.add(BackendKind::kWebGpu, "complete");
    const auto list = list_candidates(folder.environment());
    ASSERT_EQ(6u, list.size());
    EXPECT_EQ(CandidateState::kRefused, list[0].state);
    EXPECT_EQ(absent + " has no device to run on (code 3)", describe(list[0]));
    EXPECT_EQ(SelfTest::kNotRun, list[0].self_test);
    EXPECT_EQ(CandidateState::kAbsent, list[1].state);
    EXPECT_EQ(BackendKind::kHip, list[1].kind);
    EXPECT_EQ(BackendKind::kMetal, list[2].kind);
    EXPECT_EQ(CandidateState::kChosen, list[3].state);
    EXPECT_EQ(first + " is the first that works", describe(list[3]));
    EXPECT_EQ("Test Device 9000", list[3].device_name);
    EXPECT_EQ(SelfTest::kPassed, list[3].self_test);
    EXPECT_EQ(CandidateState::kUsable, list[4].state);
    EXPECT_THAT(list[4].reason, HasSubstr(first + " comes first"));
    EXPECT_EQ(CandidateState::kUsable, list[5].state);
    EXPECT_EQ(BackendKind::kWebGpu, list[5].kind);

    const auto for_webgpu = list_candidates(folder.environment(), request("webgpu"));
    EXPECT_EQ(CandidateState::kUsable, for_webgpu[3].state);
    EXPECT_EQ(CandidateState::kChosen, for_webgpu[5].state);
    for (const Candidate& each : list_candidates(folder.environment(), request("cpu")))
        EXPECT_NE(CandidateState::kChosen, each.state);
}

TEST(BackendRegistry, ModesAndKindsHaveTheirPublishedNames) {
    EXPECT_EQ("none", name(BackendKind::kNone));
    EXPECT_EQ("webgpu", name(BackendKind::kWebGpu));
    for (const Mode mode : {Mode::kAuto, Mode::kCpu, Mode::kGpu})
        EXPECT_EQ(mode, mode_from_name(name(mode)));
    EXPECT_EQ(std::nullopt, mode_from_name("cuda"));
    EXPECT_EQ("Mesa's software device lavapipe; never on a GPU", tested_on(BackendKind::kVulkan));
}

}  // namespace
}  // namespace aivm::gpu
