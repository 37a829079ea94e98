#include "scenarios/statistics/sign_test.h"

#include <gtest/gtest.h>

#include "sim/engine/random_stream.h"

namespace aivm::scenarios {
namespace {

TEST(SignTest, NoPairsAreNoEvidence) { EXPECT_DOUBLE_EQ(evidence_of_slowness(0, 0), 1); }

TEST(SignTest, IsTheAverageWealthOfFourGamblers) {
    EXPECT_DOUBLE_EQ(evidence_of_slowness(1, 0), (1.2 + 1.5 + 1.8 + 1.98) / 4);
    EXPECT_DOUBLE_EQ(evidence_of_slowness(0, 1), (0.8 + 0.5 + 0.2 + 0.02) / 4);
    EXPECT_NEAR(evidence_of_slowness(2, 1),
                (1.2 * 1.2 * 0.8 + 1.5 * 1.5 * 0.5 + 1.8 * 1.8 * 0.2 + 1.98 * 1.98 * 0.02) / 4,
                1e-12);
}

TEST(SignTest, ThirteenSlowPairsOfThirteenAreEvidenceOfTwoThousandToOne) {
    EXPECT_LT(evidence_of_slowness(12, 0), 2'000);
    EXPECT_GT(evidence_of_slowness(13, 0), 2'000);
}

TEST(SignTest, FastPairsWeighAgainstIt) {
    EXPECT_LT(evidence_of_slowness(13, 13), 1);
    EXPECT_LT(evidence_of_slowness(0, 100), 0.001);
    EXPECT_GT(evidence_of_slowness(40, 8), 2'000);
}

TEST(SignTest, LargeCountsNeitherOverflowNorVanish) {
    EXPECT_GT(evidence_of_slowness(100'000, 0), 1e50);
    EXPECT_LT(evidence_of_slowness(100'000, 100'000), 1);
    EXPECT_GE(evidence_of_slowness(0, 100'000), 0);
}

// A gambler who looks after each of 500 fair pairs, and stops at the first look that convinces:
// with a threshold of 20 that may happen in one series of 20 at most.
TEST(SignTest, LookingAfterEveryPairDoesNotRaiseItsErrorRate) {
    sim::RandomStream random({1, 0, 0});
    int convinced = 0;
    constexpr int kSeries = 1'000;
    for (int series = 0; series < kSeries; ++series) {
        std::uint64_t slower = 0;
        std::uint64_t faster = 0;
        bool is_convinced = false;
        for (int pair = 0; pair < 500 && !is_convinced; ++pair) {
            ++(random.below(2) == 0 ? slower : faster);
            is_convinced = evidence_of_slowness(slower, faster) >= 20;
        }
        convinced += is_convinced ? 1 : 0;
    }
    EXPECT_LE(convinced, kSeries / 20);
    EXPECT_GT(convinced, 0);  // a test that never convinces would be no test
}

}  // namespace
}  // namespace aivm::scenarios
