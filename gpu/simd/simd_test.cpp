// Every Keccak width that this CPU has, against the scalar code: digests, folds, vectors, and
// random kernel calls.
#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "core/testing/random_workload.h"
#include "core/testing/vector_file.h"
#include "gpu/simd/simd_kernels.h"

namespace aivm::gpu {
namespace {

using workload::Random;

class EveryWidth : public testing::TestWithParam<KeccakWidth> {};

INSTANTIATE_TEST_SUITE_P(Simd, EveryWidth, testing::ValuesIn(supported_widths()),
                         [](const auto& width) { return std::string(width_name(width.param)); });

TEST_P(EveryWidth, HashesMessagesOfAnyLengthAndNumberAsTheScalarCodeDoes) {
    const SimdHasher hasher(GetParam());
    Random random(1);
    for (std::size_t length = 0; length <= 300;
         length += length % 136 < 4 || length % 136 > 132 ? 1 : 13) {
        for (std::size_t count = 0; count <= 19; ++count) {
            std::vector<std::uint8_t> messages(length * count + 1);
            random.fill(messages.data(), messages.size());
            std::vector<Hash32> expected(count + 1);
            auto actual = expected;  // the last one is a guard
            scalar_hasher().hash_many(messages.data(), length, count, expected.data());
            hasher.hash_many(messages.data(), length, count, actual.data());
            ASSERT_EQ(expected, actual) << length << " bytes, " << count << " messages";
        }
    }
}

TEST_P(EveryWidth, FoldsAnyNumberOfChainsOfAnyLengthAsTheScalarCodeDoes) {
    const SimdHasher hasher(GetParam());
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        Random random(seed);
        std::vector<std::vector<Hash32>> leaves(random.below(12)), expected, actual;
        std::vector<FoldChain> chains;
        for (auto& list : leaves) {
            list.resize(random.below(20));
            for (auto& leaf : list) leaf = random.noise<Hash32>();
            expected.emplace_back(list.size());
        }
        actual = expected;
        for (std::size_t i = 0; i < leaves.size(); ++i) {
            chains.push_back(
                {random.noise<Hash32>(), leaves[i].data(), leaves[i].size(), expected[i].data()});
        }
        scalar_hasher().fold_many(chains);
        for (std::size_t i = 0; i < leaves.size(); ++i) chains[i].after = actual[i].data();
        hasher.fold_many(chains);
        ASSERT_EQ(expected, actual) << "seed " << seed;
    }
}

TEST_P(EveryWidth, PassesEveryPublishedKernelVector) {
    SimdKernels kernels(GetParam());
    const auto file =
        vectors::read_file(vectors::path_or(AIVM_SOURCE_DIR "/core/kernels/vectors/kernels.json"));
    for (const auto& vector_case : file.at("cases")) {
        SCOPED_TRACE(vector_case.at("name").get<std::string>());
        for (const std::string& difference : vectors::run_case(kernels, vector_case))
            ADD_FAILURE() << difference;
    }
}

TEST_P(EveryWidth, ComputesTheBytesOfTheCanonicalKernelsOnRandomInput) {
    CpuKernels canonical;
    SimdKernels kernels(GetParam());
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        Random random(seed);
        const std::uint32_t size_max = seed % 10 == 0 ? 150 : 20;
        ASSERT_EQ("", workload::first_difference(canonical, kernels, random, size_max))
            << "seed " << seed;
    }
}

TEST(SimdWidths, ScalarIsAlwaysThereAndTheBestIsTheWidest) {
    const auto widths = supported_widths();
    EXPECT_EQ(KeccakWidth::kScalar, widths.front());
    EXPECT_EQ(widths.back(), best_width());
    EXPECT_EQ(best_width(), SimdHasher().width());
}

}  // namespace
}  // namespace aivm::gpu
