// The published handle: its zero value, a working plugin, and one that fails.
#include "gpu/backend/gpu_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing/random_workload.h"
#include "gpu/backend/testing/plugin_folder.h"

namespace aivm::gpu {
namespace {

using testing::HasSubstr;

// Valid arguments for every method.
struct Arguments {
    abi::AIVMRoundDescriptor round{};
    abi::AttestationOp attestation_op{};
    abi::ModelOp model_op{};
    abi::AnchorOp anchor_op{};
    abi::Attestation attestation{};
    abi::ModelRegistryEntry model{};
    abi::AuditAnchor anchor{};
    abi::AIVMEpochState epoch{};
    abi::AIVMTransitionResult transition{};
    abi::InferenceWeights weights{};
    abi::InferenceOp inference_op{};
    std::uint8_t input[32] = {};
    std::uint8_t output = 0;
    abi::InferenceResult inference{};
    abi::ProofVerifyOp proof_op{};
    abi::ProofVerifyResult proof{};
    std::uint32_t applied = 7;

    std::vector<Status> call_all(GpuBackend& backend) {
        return {
            backend.attestation_apply(&round, &attestation_op, &attestation, &applied, 1),
            backend.provenance_apply(&round, &model_op, &model, &applied, 1),
            backend.anchor_apply(&round, &anchor_op, &anchor, &applied, 1),
            backend.epoch_transition(&round, {&attestation, &model, &anchor, 1, 1, 1}, &epoch,
                                     &transition),
            backend.inference_step({&weights, &inference_op, input, &output, &inference, 1}),
            backend.proof_verify(&proof_op, &proof, 1),
        };
    }
};

TEST(GpuBackendHandle, TheZeroValueAnswersGpuNotAvailableFromEveryMethod) {
    GpuBackend backend;
    EXPECT_FALSE(backend.is_available());
    EXPECT_EQ(BackendKind::kNone, backend.kind());
    EXPECT_EQ("", backend.path());
    Arguments arguments;
    for (const Status& status : arguments.call_all(backend)) {
        ASSERT_FALSE(status);
        EXPECT_EQ(ErrorCode::kGpuNotAvailable, status.error().code);
    }
    EXPECT_EQ(7u, arguments.applied);
    backend.close();
    EXPECT_FALSE(backend.is_available());
}

GpuBackend load(PluginFolder& folder, const std::string& behaviour) {
    const std::string path = folder.add(BackendKind::kVulkan, behaviour);
    auto plugin = Plugin::load(BackendKind::kVulkan, path);
    EXPECT_TRUE(plugin);
    return GpuBackend(std::move(*plugin));
}

TEST(GpuBackendHandle, AWorkingPluginAnswersEveryMethodUntilItIsClosed) {
    PluginFolder folder;
    GpuBackend backend = load(folder, "complete");
    Arguments arguments;
    for (const Status& status : arguments.call_all(backend)) EXPECT_TRUE(status);
    EXPECT_EQ(0u, arguments.applied);
    backend.close();
    EXPECT_EQ(BackendKind::kVulkan, backend.kind());
    for (const Status& status : arguments.call_all(backend)) {
        ASSERT_FALSE(status);
        EXPECT_THAT(status.error().context, HasSubstr("is closed"));
    }
}

TEST(GpuBackendHandle, AFailureIsNamedAndWhatItWroteIsUndone) {
    PluginFolder folder;
    GpuBackend backend = load(folder, "fails_later");
    const PluginStartsFailing failing;
    Arguments arguments;
    for (const Status& status : arguments.call_all(backend)) {
        ASSERT_FALSE(status);
        EXPECT_EQ(ErrorCode::kGpuNotAvailable, status.error().code);
        EXPECT_THAT(status.error().context, HasSubstr("code 4 (device lost)"));
    }
    EXPECT_EQ(7u, arguments.applied);
    EXPECT_TRUE(workload::same_bytes(abi::Attestation{}, arguments.attestation));
    EXPECT_TRUE(workload::same_bytes(abi::AIVMTransitionResult{}, arguments.transition));
    EXPECT_TRUE(workload::same_bytes(abi::InferenceResult{}, arguments.inference));
    EXPECT_TRUE(workload::same_bytes(abi::ProofVerifyResult{}, arguments.proof));
}

TEST(GpuBackendHandle, InvalidArgumentsAreTheCallersErrorAndNotThePlugins) {
    PluginFolder folder;
    GpuBackend backend = load(folder, "fails_later");
    const PluginStartsFailing failing;
    const Status status = backend.proof_verify(nullptr, nullptr, 1);
    ASSERT_FALSE(status);
    EXPECT_EQ(ErrorCode::kInvalidArgument, status.error().code);
    EXPECT_TRUE(backend.proof_verify(nullptr, nullptr, 0));
    EXPECT_TRUE(backend.inference_step({}));
}

}  // namespace
}  // namespace aivm::gpu
