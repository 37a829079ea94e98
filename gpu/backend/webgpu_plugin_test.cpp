// The WebGPU plugin where there is no implementation of WebGPU. AIVM_WEBGPU_PLUGIN is its path.
#include <gtest/gtest.h>

#include <cstdlib>

#include "gpu/backend/plugin_probe.h"

namespace aivm::gpu {
namespace {

std::string refusal_with_library(const char* library) {
    setenv("AIVM_WEBGPU_LIBRARY", library, 1);
    const ProbeReport report = probe_in_child(BackendKind::kWebGpu, AIVM_WEBGPU_PLUGIN);
    unsetenv("AIVM_WEBGPU_LIBRARY");
    EXPECT_FALSE(report.is_usable);
    return report.reason;
}

TEST(WebGpuPlugin, WithoutAnImplementationItHasNoDevice) {
    EXPECT_EQ("has no device to run on (code 3)", refusal_with_library("/nonexistent.so"));
}

TEST(WebGpuPlugin, ALibraryThatIsNoImplementationGivesNoDevice) {
    EXPECT_EQ("has no device to run on (code 3)", refusal_with_library("libm.so.6"));
}

}  // namespace
}  // namespace aivm::gpu
