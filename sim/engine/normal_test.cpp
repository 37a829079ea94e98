#include "sim/engine/normal.h"

#include <gtest/gtest.h>

#include "sim/engine/random_stream.h"

namespace aivm::sim {
namespace {

constexpr double kOne = 1 << kNormalFraction;

TEST(Normal, HasMeanZeroVarianceOneAndTheTailsOfTheDistribution) {
    double sum = 0;
    double squares = 0;
    int beyond_two = 0;
    constexpr int kAll = 1024;
    for (std::uint64_t slice = 0; slice < 512; ++slice) {
        for (const std::uint64_t sign : {0, 1}) {
            const double z = normal_of(slice << 55 | sign) / kOne;
            sum += z;
            squares += z * z;
            beyond_two += z > 2.0 || z < -2.0 ? 1 : 0;
        }
    }
    EXPECT_EQ(sum, 0.0);
    EXPECT_NEAR(squares / kAll, 1.0, 1e-6);
    EXPECT_NEAR(beyond_two / double{kAll}, 0.0455, 0.002);
}

TEST(Normal, SumsOfSixteenHaveTheKurtosisOfTheDistribution) {
    RandomStream random({7, 0, 0});
    double fourth = 0;
    constexpr int kSums = 20'000;
    for (int i = 0; i < kSums; ++i) {
        double sum = 0;
        for (int k = 0; k < 16; ++k) sum += normal_of(random.next_u64()) / kOne;
        const double z = sum / 4;
        fourth += z * z * z * z;
    }
    EXPECT_NEAR(fourth / kSums, 3.0, 0.2);  // the standard error is 0.07
}

}  // namespace
}  // namespace aivm::sim
