// The search, the choice and the failures of plugins, with real shared objects
// (testing/plugin.cpp).
#include "gpu/backend/backend_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/kernels/kernel_tables.h"
#include "core/testing/random_workload.h"
#include "core/testing/vector_file.h"

namespace aivm::gpu {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

// A directory of its own, filled with links to the built plugins.
class PluginFolder {
public:
    PluginFolder() {
        std::string pattern = testing::TempDir() + "/aivm_plugins_XXXXXX";
        root_ = mkdtemp(pattern.data());
    }
    ~PluginFolder() { fs::remove_all(root_); }
    PluginFolder(const PluginFolder&) = delete;
    PluginFolder& operator=(const PluginFolder&) = delete;

    // Puts the plugin built as `behaviour` under `place`, "" for the folder itself. Returns its
    // path.
    std::string add(BackendKind kind, const std::string& behaviour, const std::string& place = "") {
        const fs::path target = fs::path(root_) / place / plugin_file_name(kind);
        fs::create_directories(target.parent_path());
        const fs::path built = fs::path(AIVM_TEST_PLUGIN_DIR) / behaviour / plugin_file_name(kind);
        EXPECT_TRUE(fs::exists(built)) << built;
        fs::create_symlink(built, target);
        return place.empty() ? root_ + "/" + plugin_file_name(kind) : target.string();
    }

    std::string write(BackendKind kind, const std::string& content) {
        const std::string path = root_ + "/" + plugin_file_name(kind);
        std::ofstream(path) << content;
        return path;
    }

    const std::string& root() const { return root_; }
    PluginEnvironment environment() const { return {root_, std::nullopt}; }

private:
    std::string root_;
};

std::vector<abi::ProofVerifyOp> some_proofs(std::size_t count) {
    workload::Random random(5);
    std::vector<abi::ProofVerifyOp> ops(count);
    for (auto& op : ops) op = random.noise<abi::ProofVerifyOp>();
    return ops;
}

TEST(BackendRegistry, WithoutAPluginAutoComputesOnTheCpu) {
    PluginFolder empty;
    BackendRegistry registry(empty.environment());
    EXPECT_EQ(Mode::kCpu, registry.active_mode());
    ASSERT_TRUE(registry.set_backend(Mode::kAuto));
    EXPECT_EQ(Mode::kAuto, registry.active_mode());
    EXPECT_EQ(BackendKind::kNone, registry.effective_backend_kind());
    EXPECT_EQ(nullptr, registry.active_gpu_backend());
    EXPECT_TRUE(registry.refusals().empty());
    const auto ops = some_proofs(3);
    std::vector<abi::ProofVerifyResult> expected(3), actual(3);
    CpuKernels().proof_verify(ops.data(), expected.data(), 3);
    EXPECT_EQ(abi::kOk, registry.kernels().proof_verify(ops.data(), actual.data(), 3));
    EXPECT_TRUE(workload::same_bytes(expected, actual));
}

TEST(BackendRegistry, ModeGpuWithoutAPluginIsAClearErrorAndChangesNothing) {
    PluginFolder empty;
    BackendRegistry registry(empty.environment());
    const auto status = registry.set_backend(Mode::kGpu);
    ASSERT_FALSE(status);
    EXPECT_EQ(ErrorCode::kGpuNotAvailable, status.error().code);
    EXPECT_THAT(status.error().text(), HasSubstr("LUX_GPU_PLUGIN_DIR"));
    EXPECT_EQ(Mode::kCpu, registry.active_mode());
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
        ASSERT_NE(nullptr, registry.active_gpu_backend());
        EXPECT_EQ(kind, registry.active_gpu_backend()->kind());
        EXPECT_EQ(path, registry.active_gpu_backend()->path());
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
        EXPECT_EQ(path, registry.active_gpu_backend()->path());
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
    const std::string wrong = folder.add(BackendKind::kHip, "wrong_bytes");
    const std::string foreign = folder.write(BackendKind::kMetal, "not a shared object");
    folder.add(BackendKind::kVulkan, "complete");
    BackendRegistry registry(folder.environment());
    ASSERT_TRUE(registry.set_backend(Mode::kGpu));
    EXPECT_EQ(BackendKind::kVulkan, registry.effective_backend_kind());
    EXPECT_THAT(
        registry.refusals(),
        ElementsAre(incomplete + " lacks the launcher lux_cuda_aivm_anchor_apply",
                    absent + " has no device to run on (code 3)",
                    wrong + " answered its probe with wrong bytes: another ABI or a broken build",
                    HasSubstr(foreign)));
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
    EXPECT_EQ(0u, registry.active_gpu_backend()->fallback_count());
}

TEST(BackendRegistry, InModeAutoALaterFailureFallsBackToTheCpuAndIsCounted) {
    PluginFolder folder;
    folder.add(BackendKind::kVulkan, "fails_later");
    BackendRegistry registry(folder.environment());
    ASSERT_TRUE(registry.set_backend(Mode::kAuto));
    ASSERT_EQ(BackendKind::kVulkan, registry.effective_backend_kind());
    CpuKernels canonical;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        workload::Random random(seed);
        ASSERT_EQ("", workload::first_difference(canonical, registry.kernels(), random, 20))
            << "seed " << seed;
    }
    EXPECT_GT(registry.active_gpu_backend()->fallback_count(), 100u);
}

TEST(BackendRegistry, InModeGpuALaterFailureIsThrownAndWhatThePluginWroteIsUndone) {
    PluginFolder folder;
    const std::string path = folder.add(BackendKind::kVulkan, "fails_later");
    BackendRegistry registry(folder.environment());
    ASSERT_TRUE(registry.set_backend(Mode::kGpu));
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
    GpuBackend* backend = registry.active_gpu_backend();
    ASSERT_TRUE(backend->is_available());
    backend->close();
    backend->close();
    EXPECT_FALSE(backend->is_available());
    EXPECT_EQ(nullptr, registry.active_gpu_backend());
    EXPECT_EQ(BackendKind::kNone, registry.effective_backend_kind());
    const auto ops = some_proofs(1);
    abi::ProofVerifyResult result{};
    EXPECT_THROW(registry.kernels().proof_verify(ops.data(), &result, 1), GpuFailure);
    ASSERT_TRUE(registry.set_backend(Mode::kAuto)) << "a closed plugin is looked for again";
    EXPECT_EQ(BackendKind::kCuda, registry.effective_backend_kind());
    ASSERT_TRUE(registry.set_backend(Mode::kCpu));
    EXPECT_EQ(BackendKind::kNone, registry.effective_backend_kind());
    EXPECT_EQ(nullptr, registry.active_gpu_backend());
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
    other.active_gpu_backend()->close();
    fs::remove(path);
    EXPECT_FALSE(other.set_backend(Mode::kGpu));
    const auto ops = some_proofs(1);
    abi::ProofVerifyResult result{};
    EXPECT_THROW(other.kernels().proof_verify(ops.data(), &result, 1), GpuFailure);
}

TEST(BackendRegistry, ModesAndKindsHaveTheirPublishedNames) {
    EXPECT_EQ("none", name(BackendKind::kNone));
    EXPECT_EQ("webgpu", name(BackendKind::kWebGpu));
    for (const Mode mode : {Mode::kAuto, Mode::kCpu, Mode::kGpu})
        EXPECT_EQ(mode, mode_from_name(name(mode)));
    EXPECT_EQ(std::nullopt, mode_from_name("cuda"));
}

}  // namespace
}  // namespace aivm::gpu
