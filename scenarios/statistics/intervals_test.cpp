#include "scenarios/statistics/intervals.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sim/engine/random_stream.h"

namespace aivm::scenarios {
namespace {

TEST(Intervals, MomentsAreThoseOfTheTextbook) {
    Moments moments;
    for (const double value : {2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0}) moments.add(value);
    EXPECT_EQ(moments.n(), 8U);
    EXPECT_DOUBLE_EQ(moments.mean(), 5.0);
    EXPECT_DOUBLE_EQ(moments.variance(), 32.0 / 7.0);
    EXPECT_DOUBLE_EQ(moments.standard_error(), std::sqrt(4.0 / 7.0));
}

TEST(Intervals, VarianceSurvivesALargeMean) {
    Moments moments;
    for (const double value : {1e13 + 4, 1e13 + 7, 1e13 + 13, 1e13 + 16}) moments.add(value);
    EXPECT_DOUBLE_EQ(moments.variance(), 30.0);
}

TEST(Intervals, StudentsQuantilesAreThoseOfTheTables) {
    EXPECT_NEAR(student_t_quantile(0.975, 1), 12.7062, 1e-4);
    EXPECT_NEAR(student_t_quantile(0.975, 10), 2.2281, 1e-4);
    EXPECT_NEAR(student_t_quantile(0.975, 1e6), 1.95997, 1e-5);
    EXPECT_NEAR(student_t_quantile(0.025, 10), -2.2281, 1e-4);
}

TEST(Intervals, OneValueSaysNothingAboutTheMean) {
    Moments moments;
    moments.add(3);
    EXPECT_TRUE(std::isinf(t_interval(moments, 0.95).low));
    EXPECT_TRUE(std::isinf(t_interval(moments, 0.95).high));
    moments.add(5);
    const Interval interval = t_interval(moments, 0.95);
    EXPECT_NEAR(interval.low, 4 - 12.7062, 1e-3);
    EXPECT_NEAR(interval.high, 4 + 12.7062, 1e-3);
}

TEST(Intervals, ClopperPearsonIsThatOfTheTables) {
    EXPECT_NEAR(clopper_pearson(0, 10, 0.95).high, 0.3085, 1e-4);
    EXPECT_EQ(clopper_pearson(0, 10, 0.95).low, 0.0);
    EXPECT_NEAR(clopper_pearson(1, 10, 0.95).low, 0.0025, 1e-4);
    EXPECT_NEAR(clopper_pearson(1, 10, 0.95).high, 0.4450, 1e-4);
    EXPECT_NEAR(clopper_pearson(5, 10, 0.99).low, 0.1283, 1e-4);
    EXPECT_EQ(clopper_pearson(10, 10, 0.95).high, 1.0);
    EXPECT_EQ(clopper_pearson(0, 0, 0.95), (Interval{0, 1}));
}

TEST(Intervals, OneEventARunIsClopperPearsonsOwn) {
    ClusteredShare share;
    for (int run = 0; run < 50; ++run) share.add(run < 7 ? 1 : 0, 1);
    EXPECT_EQ(share.interval(0.95), clopper_pearson(7, 50, 0.95));
}

TEST(Intervals, EventsThatComeTogetherCountAsOne) {
    ClusteredShare share;
    for (int run = 0; run < 50; ++run) share.add(run % 4 == 0 ? 100 : 0, 100);  // all or nothing
    EXPECT_NEAR(share.design_effect(), 100.0 * 50 / 49, 1e-9);
    const Interval interval = share.interval(0.95);
    const Interval runs_alone = clopper_pearson(13, 50, 0.95);
    EXPECT_LE(interval.low, runs_alone.low);
    EXPECT_GE(interval.high, runs_alone.high);
    EXPECT_LT(interval.width(), 1.5 * runs_alone.width());
}

TEST(Intervals, WhatWasNeverSeenMayStillComeInStreaks) {
    ClusteredShare share;
    for (int run = 0; run < 64; ++run) share.add(0, 260);
    EXPECT_GT(share.interval(0.95).high, clopper_pearson(0, 64.0 * 260 / 30, 0.95).high * 0.999);
    EXPECT_LT(share.interval(0.95).high, 0.01);
}

// The coverage of the interval over studies of 40 runs with 30 events each, some of which share the
// outcome of their run.
double coverage(double share, std::uint32_t together_ppm) {
    constexpr int kStudies = 1000;
    sim::RandomStream random({7, 0, together_ppm});
    const auto share_ppm = static_cast<std::uint32_t>(share * 1e6);
    int covered = 0;
    for (int study = 0; study < kStudies; ++study) {
        ClusteredShare counts;
        for (int run = 0; run < 40; ++run) {
            const bool fate = random.bernoulli_ppm(share_ppm);
            int part = 0;
            for (int event = 0; event < 30; ++event) {
                const bool happens =
                    random.bernoulli_ppm(together_ppm) ? fate : random.bernoulli_ppm(share_ppm);
                part += happens ? 1 : 0;
            }
            counts.add(part, 30);
        }
        covered += counts.interval(0.95).holds(share) ? 1 : 0;
    }
    return static_cast<double>(covered) / kStudies;
}

TEST(Intervals, TheyCoverTheTruthAsOftenAsTheySay) {
    // Two standard errors of 1,000 studies are 1.4 %.
    EXPECT_GE(coverage(0.1, 0), 0.936);
    EXPECT_GE(coverage(0.1, 500'000), 0.936);
    EXPECT_GE(coverage(0.3, 1'000'000), 0.936);
}

}  // namespace
}  // namespace aivm::scenarios
