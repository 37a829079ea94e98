#include "scenarios/sweep/compare.h"

#include <gtest/gtest.h>

#include <cmath>

namespace aivm::scenarios {
namespace {

TEST(Compare, RunsOfOneSeedArePairs) {
    const Difference d =
        difference_of({{"1", 10}, {"2", 20}, {"3", 30}}, {{"3", 33}, {"1", 12}, {"2", 24}}, 0.95);
    EXPECT_TRUE(d.paired);
    EXPECT_EQ(d.n, 3U);
    EXPECT_DOUBLE_EQ(*d.a, 20);
    EXPECT_DOUBLE_EQ(*d.b, 23);
    EXPECT_DOUBLE_EQ(*d.difference, 3);
    // Student's t with two degrees of freedom: 4.3027 / sqrt(3).
    EXPECT_NEAR(d.interval->high, 3 + 2.4841, 1e-3);
}

TEST(Compare, WithoutCommonSeedsTheSamplesAreIndependent) {
    const Difference d =
        difference_of({{"1", 1}, {"2", 2}, {"3", 3}}, {{"4", 11}, {"5", 12}, {"6", 16}}, 0.95);
    EXPECT_FALSE(d.paired);
    EXPECT_EQ(d.n, 3U);
    EXPECT_DOUBLE_EQ(*d.difference, 11);
    // Welch: 2.56 degrees of freedom, for which SciPy has t = 3.51542.
    EXPECT_NEAR(d.interval->low, 11 - 3.51542 * std::sqrt(8.0 / 3), 1e-3);
}

TEST(Compare, ValuesWithoutDataAreLeftOut) {
    const Difference one = difference_of({{"1", 5}, {"2", {}}}, {{"1", {}}, {"2", 7}}, 0.95);
    EXPECT_FALSE(one.paired);
    EXPECT_DOUBLE_EQ(*one.difference, 2);
    EXPECT_FALSE(one.interval) << "of one value there is none";
    const Difference none = difference_of({{"1", {}}}, {{"1", 3}}, 0.95);
    EXPECT_FALSE(none.a);
    EXPECT_FALSE(none.difference);
    EXPECT_EQ(none.n, 0U);
}

TEST(Compare, ConstantPairsHaveAnIntervalOfNoWidth) {
    const Difference d = difference_of({{"1", 1}, {"2", 2}}, {{"1", 3}, {"2", 4}}, 0.95);
    EXPECT_DOUBLE_EQ(d.interval->low, 2);
    EXPECT_DOUBLE_EQ(d.interval->high, 2);
}

}  // namespace
}  // namespace aivm::scenarios
