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
    EXPECT_GT(interval.width(), 0.9 * runs_alone.width());
    EXPECT_LT(interval.width(), 1.1 * runs_alone.width());
}

TEST(Intervals, WhatWasNeverSeenMayStillComeInStreaks) {
    ClusteredShare share;
    for (int run = 0; run < 64; ++run) share.add(0, 260);
    EXPECT_GT(share.interval(0.95).high, clopper_pearson(0, 64.0 * 260 / 30, 0.95).high * 0.999);
    EXPECT_LT(share.interval(0.95).high, 0.01);
}

// How the events of a run depend on each other.
struct Dependence {
    std::uint32_t spread_ppm = 0;    // each run's own share is uniform within +- this
    std::uint32_t together_ppm = 0;  // share of a run's events with one common outcome
};

// The events of a run: from `fewest` on, `spread` numbers, each as likely.
struct RunSize {
    std::uint32_t fewest = 20;
    std::uint32_t spread = 21;
};

// The coverage of the 95 % interval over studies of `runs` runs.
double coverage(std::uint32_t share_ppm, int runs, Dependence dependence, RunSize size = {}) {
    constexpr int kStudies = 4000;
    sim::RandomStream random({7, static_cast<std::uint32_t>(runs), share_ppm});
    int covered = 0;
    for (int study = 0; study < kStudies; ++study) {
        ClusteredShare counts;
        for (int run = 0; run < runs; ++run) {
            const auto shift =
                static_cast<std::uint32_t>(random.below(2 * dependence.spread_ppm + 1));
            const std::uint32_t own_ppm = share_ppm - dependence.spread_ppm + shift;
            const bool fate = random.bernoulli_ppm(own_ppm);
            const auto whole = static_cast<int>(size.fewest + random.below(size.spread));
            int part = 0;
            for (int event = 0; event < whole; ++event) {
                const bool joins = random.bernoulli_ppm(dependence.together_ppm);
                part += (joins ? fate : random.bernoulli_ppm(own_ppm)) ? 1 : 0;
            }
            counts.add(part, whole);
        }
        covered += counts.interval(0.95).holds(share_ppm / 1e6) ? 1 : 0;
    }
    return static_cast<double>(covered) / kStudies;
}

// Three standard errors of 4,000 studies are 1 %.
TEST(Intervals, FewRunsCoverTheTruthAsOftenAsTheySay) {
    for (const int runs : {2, 4, 8, 16, 64}) {
        for (const std::uint32_t share_ppm : {200'000U, 300'000U, 500'000U}) {
            const double independent = coverage(share_ppm, runs, {});
            EXPECT_GE(independent, 0.94) << runs << " runs, " << share_ppm;
            EXPECT_LE(independent, 0.97) << runs << " runs, " << share_ppm;
            const double spread = coverage(share_ppm, runs, {.spread_ppm = 150'000});
            EXPECT_GE(spread, 0.94) << runs << " runs, " << share_ppm;
            EXPECT_LE(spread, 0.97) << runs << " runs, " << share_ppm;
        }
    }
}

// Two runs of the same size often agree to the last event; an interval without width would then
// miss the truth in every tenth study.
TEST(Intervals, RunsThatAgreeToTheLastEventAreNotTakenAsCertain) {
    ClusteredShare same;
    same.add(10, 40);
    same.add(10, 40);
    EXPECT_NEAR(same.interval(0.95).low, 0.168, 0.001);  // Wilson, 20 of 80
    EXPECT_NEAR(same.interval(0.95).high, 0.355, 0.001);
    for (const std::uint32_t share_ppm : {200'000U, 300'000U, 500'000U})
        EXPECT_GE(coverage(share_ppm, 2, {}, {.fewest = 40, .spread = 1}), 0.94) << share_ppm;
}

TEST(Intervals, StreaksAreCoveredOnceTheyAreSeenOften) {
    EXPECT_GE(coverage(100'000, 100, {.together_ppm = 500'000}), 0.93);
    EXPECT_GE(coverage(300'000, 40, {.together_ppm = 1'000'000}), 0.94);
    // Where a run in ten has one, most studies of 8 runs see none or one: no data can tell.
    EXPECT_LT(coverage(100'000, 8, {.together_ppm = 500'000}), 0.9);
}

TEST(Intervals, OneRunSaysNothingAboutTheVarianceBetweenRuns) {
    ClusteredShare share;
    share.add(3, 30);
    EXPECT_EQ(share.interval(0.95), (Interval{0, 1}));
}

// The study of the review: 8 runs that agree were reported with an interval six times too wide.
TEST(Intervals, RunsThatAllTellAreNotWidenedByUnseenStreaks) {
    ClusteredShare share;
    for (const int part : {20, 24, 22, 26, 21, 23, 25, 22}) share.add(part, 80);
    EXPECT_LT(share.interval(0.95).width(), 0.08);
    EXPECT_GT(share.interval(0.95).width(), 0.02);
}

// Two points whose runs of one seed share what makes a run unlucky.
TEST(Intervals, CommonSeedsMakeADifferenceNarrowAndItStillCovers) {
    constexpr int kStudies = 2000;
    for (const int runs : {4, 8, 32}) {
        sim::RandomStream random({17, static_cast<std::uint32_t>(runs), 0});
        int covered = 0;
        double paired = 0;
        double apart = 0;
        for (int study = 0; study < kStudies; ++study) {
            PairedShares both;
            ClusteredShare one;
            ClusteredShare other;
            for (int run = 0; run < runs; ++run) {
                const auto luck = static_cast<std::uint32_t>(random.below(400'001));
                int part = 0;
                int base_part = 0;
                for (int event = 0; event < 40; ++event) {
                    part += random.bernoulli_ppm(300'000 + luck) ? 1 : 0;
                    base_part += random.bernoulli_ppm(200'000 + luck) ? 1 : 0;
                }
                both.add(part, 40, base_part, 40);
                one.add(part, 40);
                other.add(base_part, 40);
            }
            covered += both.interval(0.95).holds(0.1) ? 1 : 0;
            paired += both.interval(0.95).width();
            apart += one.interval(0.95).width() + other.interval(0.95).width();
        }
        EXPECT_GE(covered, 0.94 * kStudies) << runs;
        EXPECT_LE(covered, 0.96 * kStudies) << runs;
        EXPECT_LT(paired, 0.7 * apart) << runs;
    }
}

}  // namespace
}  // namespace aivm::scenarios
