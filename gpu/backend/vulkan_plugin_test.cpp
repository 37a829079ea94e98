// Duties of the Vulkan plugin beside computing: no driver, a forked process, tables that do
// not fit, calls from several threads. AIVM_VULKAN_PLUGIN is its path.
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "core/kernels/kernels.h"
#include "gpu/backend/plugin.h"
#include "gpu/backend/plugin_probe.h"

namespace aivm::gpu {
namespace {

TEST(VulkanPlugin, WithoutADriverItHasNoDeviceAndWritesNothing) {
    setenv("VK_ICD_FILENAMES", "/nonexistent.json", 1);
    const ProbeReport report = probe_in_child(BackendKind::kVulkan, AIVM_VULKAN_PLUGIN);
    unsetenv("VK_ICD_FILENAMES");
    EXPECT_FALSE(report.is_usable);
    EXPECT_EQ("has no device to run on (code 3)", report.reason);
}

// The copy of a device in a child process has no threads behind it: using it would hang.
TEST(VulkanPlugin, AForkedChildDoesNotUseTheDeviceOfItsParent) {
    const auto plugin = Plugin::load(BackendKind::kVulkan, AIVM_VULKAN_PLUGIN);
    ASSERT_TRUE(plugin) << plugin.error().text();
    const pid_t child = fork();
    if (child == 0) {
        const abi::ProofVerifyOp op{};
        abi::ProofVerifyResult result{};
        const abi::ProofVerifyResult before{};
        const int code = plugin->launchers().proof_verify(&op, &result, 1, nullptr);
        _exit(std::memcmp(&before, &result, sizeof result) == 0 ? code : 99);
    }
    int status = 0;
    ASSERT_EQ(child, waitpid(child, &status, 0));
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(int{abi::kNotSupported}, WEXITSTATUS(status));
}

// Lavapipe binds at most 128 MiB at once.
TEST(VulkanPlugin, ATableThatDoesNotFitIsOutOfMemoryAndNothingIsWritten) {
    const auto plugin = Plugin::load(BackendKind::kVulkan, AIVM_VULKAN_PLUGIN);
    ASSERT_TRUE(plugin) << plugin.error().text();
    constexpr std::uint32_t kSlots = 1'000'000;
    std::vector<abi::Attestation> table(kSlots);
    abi::AIVMRoundDescriptor round{};
    round.attestation_op_count = 1;
    abi::AttestationOp op{};
    op.tee_quote_digest[0] = op.attesting_key[0] = 1;
    std::uint32_t applied = 77;
    const Launchers& gpu = plugin->launchers();
    EXPECT_EQ(int{abi::kOutOfMemory},
              gpu.attestation_apply(&round, &op, table.data(), &applied, kSlots, nullptr));
    EXPECT_EQ(77u, applied);
    EXPECT_EQ(int{abi::kOk}, gpu.attestation_apply(&round, &op, table.data(), &applied, 8, nullptr))
        << "the next call works";
    EXPECT_EQ(1u, applied);
}

TEST(VulkanPlugin, CallsFromSeveralThreadsDoNotMix) {
    const auto plugin = Plugin::load(BackendKind::kVulkan, AIVM_VULKAN_PLUGIN);
    ASSERT_TRUE(plugin) << plugin.error().text();
    std::vector<std::thread> threads;
    std::vector<int> differences(4);
    for (std::size_t t = 0; t < differences.size(); ++t) {
        threads.emplace_back([&, t] {
            CpuKernels canonical;
            for (std::uint32_t i = 0; i < 50; ++i) {
                abi::ProofVerifyOp op{};
                op.nonce = i;
                op.kind = static_cast<std::uint32_t>(t);
                abi::ProofVerifyResult expected{};
                abi::ProofVerifyResult actual{};
                canonical.proof_verify(&op, &expected, 1);
                const int code = plugin->launchers().proof_verify(&op, &actual, 1, nullptr);
                const bool differs = std::memcmp(&expected, &actual, sizeof expected) != 0;
                differences[t] += code != abi::kOk || differs;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(std::vector<int>(differences.size()), differences);
}

}  // namespace
}  // namespace aivm::gpu
