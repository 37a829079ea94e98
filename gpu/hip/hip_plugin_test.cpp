// The HIP plugin as a file, on machines with and without a GPU; built only where there is a hipcc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gpu/kernels/testing/plugin_file.h"

namespace aivm::gpu {
namespace {

TEST(HipPlugin, ExportsTheSixLaunchersAndNothingElse) {
    EXPECT_EQ(launcher_symbols("hip"), exported_symbols(AIVM_HIP_PLUGIN));
}

TEST(HipPlugin, ReturnsNotSupportedWithoutADevice) {
    EXPECT_THAT(try_plugin(AIVM_HIP_PLUGIN, "hip"), testing::AnyOf("no device", "works"));
}

}  // namespace
}  // namespace aivm::gpu
