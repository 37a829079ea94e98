// The Metal shaders, as spirv-cross wrote them, compiled for this machine: every published vector
// and random adversarial cases. AIVM_CONFORMANCE_CASES and _SEED as in plugin_conformance_test.cpp.
#include <gtest/gtest.h>

#include <cstdlib>

#include "core/testing/vector_file.h"
#include "gpu/kernels/device_kernels.h"
#include "gpu/kernels/testing/adversarial_cases.h"
#include "gpu/kernels/testing/edge_cases.h"
#include "gpu/metal/metal_shaders.h"
#include "gpu/metal/testing/msl_host_device.h"

namespace aivm::gpu {
namespace {

constexpr adversarial::Limits kLargeCases{200, 200};

std::uint64_t variable(const char* variable_name, std::uint64_t fallback) {
    const char* value = std::getenv(variable_name);
    return value ? std::stoull(value) : fallback;
}

TEST(MslOnTheHost, EveryPublishedVectorGivesItsBytes) {
    const auto file =
        vectors::read_file(vectors::path_or(AIVM_SOURCE_DIR "/core/kernels/vectors/kernels.json"));
    for (const std::uint64_t order : {1, 2, 3}) {
        MslHostDevice device(order);
        DeviceKernels kernels(device);
        for (const auto& vector_case : file.at("cases")) {
            SCOPED_TRACE(vector_case.at("name").get<std::string>());
            for (const std::string& difference : vectors::run_case(kernels, vector_case))
                ADD_FAILURE() << difference;
        }
    }
}

TEST(MslOnTheHost, RandomAdversarialCasesGiveTheCanonicalBytes) {
    CpuKernels canonical;
    const std::uint64_t first = variable("AIVM_CONFORMANCE_SEED", 0);
    const std::uint64_t cases = variable("AIVM_CONFORMANCE_CASES", 150);
    for (std::uint64_t seed = first; seed < first + cases; ++seed) {
        MslHostDevice device(seed);  // the seed of the case orders the threads, too
        DeviceKernels kernels(device);
        const adversarial::Backend backends[] = {{"canonical", &canonical}, {"MSL", &kernels}};
        const bool is_large = seed % 10 == 0;
        ASSERT_EQ("", adversarial::check_cases(backends, seed, 1,
                                               is_large ? kLargeCases : adversarial::Limits{}));
    }
}

TEST(MslOnTheHost, EdgeCasesGiveTheCanonicalBytes) {
    CpuKernels canonical;
    for (const std::uint64_t order : {1, 2, 3}) {
        MslHostDevice device(order);
        DeviceKernels kernels(device);
        EXPECT_EQ("", first_edge_difference(canonical, kernels)) << "order " << order;
    }
}

TEST(MslText, EveryPassHasAKernelOfItsNameAndReadsItsParametersFromBufferSix) {
    for (std::uint32_t i = 0; i < kPassCount; ++i) {
        const std::string_view text = msl_of(static_cast<Pass>(i));
        EXPECT_NE(text.npos, text.find(std::string("kernel void ") + kPasses[i].name + "("));
        EXPECT_NE(text.npos, text.find("constant Parameters& parameters [[buffer(6)]]"));
        for (std::uint32_t binding = 0; binding < kPasses[i].binding_count; ++binding) {
            const std::string index = "[[buffer(" + std::to_string(binding) + ")]]";
            const auto first = text.find(index);
            EXPECT_NE(text.npos, first) << kPasses[i].name << " " << index;
            EXPECT_EQ(text.npos, text.find(index, first + 1)) << kPasses[i].name << " " << index;
        }
    }
}

}  // namespace
}  // namespace aivm::gpu
