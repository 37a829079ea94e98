// The Vulkan plugin where there is no driver, and in a process that was forked from one in which it
// runs. AIVM_VULKAN_PLUGIN is its path.
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>
#include <cstdlib>
#include <cstring>

#include "core/kernels/abi.h"
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

}  // namespace
}  // namespace aivm::gpu
