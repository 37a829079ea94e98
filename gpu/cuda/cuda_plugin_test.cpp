// The CUDA plugin as a file, on machines with and without a GPU.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gpu/kernels/testing/plugin_file.h"

namespace aivm::gpu {
namespace {

using testing::AnyOf;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

TEST(CudaPlugin, ExportsTheSixLaunchersAndNothingElse) {
    EXPECT_EQ(launcher_symbols("cuda"), exported_symbols(AIVM_CUDA_PLUGIN));
}

TEST(CudaPlugin, NeedsNeitherTheDriverNorACudaLibraryToBeOpened) {
    const auto libraries = needed_libraries(AIVM_CUDA_PLUGIN);
    EXPECT_FALSE(libraries.empty());
    EXPECT_THAT(libraries, Each(Not(AnyOf(HasSubstr("cuda"), HasSubstr("crypto"),
                                          HasSubstr("sodium"), HasSubstr("fmt")))));
}

TEST(CudaPlugin, OpensAgainAndAgainAndReturnsNotSupportedWithoutADevice) {
    const std::string first = try_plugin(AIVM_CUDA_PLUGIN, "cuda");
    EXPECT_THAT(first, AnyOf("no device", "works"));
    for (int again = 0; again < 3; ++again) EXPECT_EQ(first, try_plugin(AIVM_CUDA_PLUGIN, "cuda"));
}

}  // namespace
}  // namespace aivm::gpu
