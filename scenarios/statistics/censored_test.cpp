#include "scenarios/statistics/censored.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "sim/engine/random_stream.h"

namespace aivm::scenarios {
namespace {

using Times = std::vector<ObservedTime>;

TEST(Censored, WithoutCensoringTheQuantileIsThatOfTheSample) {
    const Times times{{4, false}, {1, false}, {3, false}, {2, false}, {5, false}};
    EXPECT_EQ(kaplan_meier_quantile(times, 0.5), 3);
    EXPECT_EQ(kaplan_meier_quantile(times, 0.2), 1);
    EXPECT_EQ(kaplan_meier_quantile(times, 0.9), 5);
}

TEST(Censored, AMissIsNoDetectionAtItsLimit) {
    // The median of the two detections alone would be 1.
    const Times times{{1, false}, {60, true}, {2, false}, {60, true}, {60, true}};
    EXPECT_EQ(kaplan_meier_quantile(times, 0.5), std::nullopt);
    EXPECT_EQ(kaplan_meier_quantile(times, 0.4), 2);
    EXPECT_EQ(kaplan_meier_quantile({}, 0.5), std::nullopt);
}

// Kaplan and Meier's own example (1958, table 1): deaths at 0.8, 3.1, 5.4 and 9.2, losses at 1.0,
// 2.7, 7.0 and 12.1, of eight. Survival: 7/8, then 7/8 * 4/5 = 0.70, then 0.525, then 0.2625.
TEST(Censored, ReproducesTheExampleOfKaplanAndMeier) {
    const Times times{{0.8, false}, {1.0, true}, {2.7, true},  {3.1, false},
                      {5.4, false}, {7.0, true}, {9.2, false}, {12.1, true}};
    EXPECT_EQ(kaplan_meier_quantile(times, 1 - 0.875), 0.8);
    EXPECT_EQ(kaplan_meier_quantile(times, 1 - 0.70), 3.1);
    EXPECT_EQ(kaplan_meier_quantile(times, 1 - 0.525), 5.4);
    EXPECT_EQ(kaplan_meier_quantile(times, 0.5), 9.2);
    EXPECT_EQ(kaplan_meier_quantile(times, 0.8), std::nullopt);
}

TEST(Censored, AnEventCountsBeforeALossAtTheSameTime) {
    EXPECT_EQ(kaplan_meier_quantile(Times{{1, true}, {1, false}}, 0.5), 1);
    EXPECT_EQ(kaplan_meier_quantile(Times{{1, true}, {2, false}}, 0.5), 2);
}

TEST(Censored, TheIntervalOfFewIsTheirRangeAndSaysHowSureItIs) {
    const auto five =
        median_interval(Times{{3, false}, {1, false}, {2, false}, {9, false}, {4, false}}, 0.95);
    ASSERT_TRUE(five);
    EXPECT_EQ(five->low, 1);
    EXPECT_EQ(five->high, 9);
    EXPECT_DOUBLE_EQ(five->confidence, 15.0 / 16);
    EXPECT_FALSE(median_interval(Times{{3, false}, {1, false}}, 0.95));
}

TEST(Censored, AnIntervalWithMissesHasNoUpperEnd) {
    const auto some =
        median_interval(Times{{3, false}, {1, false}, {60, true}, {9, false}, {4, false}}, 0.95);
    ASSERT_TRUE(some);
    EXPECT_EQ(some->low, 1);
    EXPECT_EQ(some->high, std::nullopt);
}

TEST(Censored, LargerSamplesHaveInnerOrderStatisticsForEnds) {
    Times times;
    for (int i = 1; i <= 20; ++i) times.push_back({static_cast<double>(i), false});
    const auto interval = median_interval(times, 0.95);
    ASSERT_TRUE(interval);
    // The tables of the sign test: ranks 6 and 15 of 20, confidence 0.9586.
    EXPECT_EQ(interval->low, 6);
    EXPECT_EQ(interval->high, 15);
    EXPECT_NEAR(interval->confidence, 0.9586, 1e-4);
}

// The true median of uniform numbers is 1/2. The interval of seven, ranks 1 and 7, holds it in 126
// of 128 samples, and in no fewer when what lies above 0.7 is censored there.
TEST(Censored, IntervalsHoldTheTrueMedianAsOftenAsTheySay) {
    sim::RandomStream random({1, 0, 0});
    int holds = 0;
    int holds_censored = 0;
    constexpr int kSamples = 2'000;
    for (int sample = 0; sample < kSamples; ++sample) {
        Times times;
        Times censored;
        for (int i = 0; i < 7; ++i) {
            const double value = static_cast<double>(random.below(1'000'000)) / 1e6;
            times.push_back({value, false});
            censored.push_back({value > 0.7 ? 0.7 : value, value > 0.7});
        }
        const auto holds_half = [](const Times& given) {
            const auto interval = median_interval(given, 0.95);
            return interval->low <= 0.5 && (!interval->high || *interval->high >= 0.5);
        };
        holds += holds_half(times) ? 1 : 0;
        holds_censored += holds_half(censored) ? 1 : 0;
    }
    EXPECT_NEAR(holds / static_cast<double>(kSamples), 126.0 / 128, 0.01);
    EXPECT_GE(holds_censored, holds);
}

}  // namespace
}  // namespace aivm::scenarios
