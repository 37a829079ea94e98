#include "scenarios/validation/statistics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace aivm::scenarios {
namespace {

Evidence evidence(Method method, const std::vector<Sample>& samples) {
    Evidence out(method);
    for (const Sample& sample : samples) out.add(sample);
    return out;
}

TEST(ValidationStatistics, BinomialTailsAreThoseOfTheTextbook) {
    // scipy.stats.binom: 2 * sf(60 - 1, 100, 0.5) and 2 * cdf(2, 20, 0.3).
    EXPECT_NEAR(binomial_p_value(60, 100, 0.5), 0.05688793364098078, 1e-12);
    EXPECT_NEAR(binomial_p_value(2, 20, 0.3), 0.0709662646, 1e-7);
    EXPECT_EQ(binomial_p_value(50, 100, 0.5), 1);
    EXPECT_NEAR(binomial_p_value(0, 10, 0.2), 2 * std::pow(0.8, 10), 1e-12);
}

TEST(ValidationStatistics, StudentsTailsAreThoseOfTheTable) {
    EXPECT_NEAR(student_t_p_value(2.228, 10), 0.05, 1e-4);
    EXPECT_NEAR(student_t_p_value(-4.587, 10), 0.001, 1e-5);
    EXPECT_EQ(student_t_p_value(0, 3), 1);
}

TEST(ValidationStatistics, HolmStepsDownUntilTheFirstThatHolds) {
    // The example of Holm's paper in shape: 0.01 and 0.012 pass 0.05 / 4 and 0.05 / 3, 0.03 does
    // not pass 0.05 / 2.
    EXPECT_EQ(holm_rejections({0.03, 0.01, 0.04, 0.012}, 0.05),
              (std::vector<bool>{false, true, false, true}));
    EXPECT_EQ(holm_rejections({0.02, 0.02}, 0.03), (std::vector<bool>{false, false}));
    EXPECT_EQ(holm_rejections({}, 0.05), std::vector<bool>{});
}

TEST(ValidationStatistics, AFrequencyCountsTrialsOfAllRuns) {
    const Evidence e = evidence(Method::kBinomial, {{4, 10}, {6, 10}});
    EXPECT_EQ(e.mean(), 0.5);
    EXPECT_EQ(e.trials(), 20);
    EXPECT_EQ(e.p_value(0.5), 1);
    EXPECT_NEAR(e.standard_error(0.5), std::sqrt(0.25 / 20), 1e-12);
    EXPECT_NEAR(e.interval(0.95).low, 0.2719578, 1e-6);  // Clopper and Pearson, 10 of 20
    EXPECT_NEAR(e.z(0.3), 0.2 / std::sqrt(0.21 / 20), 1e-12);
}

TEST(ValidationStatistics, DependentTrialsWidenTheInterval) {
    const std::vector<Sample> samples{{0, 10}, {10, 10}, {0, 10}, {10, 10}};
    EXPECT_GT(evidence(Method::kClustered, samples).interval(0.95).width(),
              evidence(Method::kBinomial, samples).interval(0.95).width());
    EXPECT_GT(evidence(Method::kClustered, samples).p_value(0.2),
              evidence(Method::kBinomial, samples).p_value(0.2));
}

TEST(ValidationStatistics, RunsThatHappenToBeAlikeProveNothing) {
    EXPECT_GT(evidence(Method::kClustered, {{12, 25}, {12, 25}}).p_value(0.5), 0.5);
    EXPECT_EQ(evidence(Method::kClustered, {{12, 25}}).p_value(0.5), 1);
}

TEST(ValidationStatistics, MeansAreOfRuns) {
    const Evidence e = evidence(Method::kMeans, {{10, 2}, {7, 1}, {27, 3}});
    EXPECT_EQ(e.mean(), 7);
    EXPECT_NEAR(e.standard_error(0), 2 / std::sqrt(3.0), 1e-12);
    EXPECT_NEAR(e.p_value(7 - 2 / std::sqrt(3.0) * 4.302653), 0.05, 1e-6);
}

TEST(ValidationStatistics, AnExactCaseForgivesNothing) {
    const Evidence same = evidence(Method::kExact, {{101, 1}, {202, 2}});
    EXPECT_EQ(same.p_value(101), 1);
    EXPECT_EQ(same.interval(0.9), (Interval{101, 101}));
    EXPECT_EQ(evidence(Method::kExact, {{101, 1}, {102, 1}}).p_value(101), 0);
    EXPECT_EQ(evidence(Method::kExact, {{101, 1}, {102, 1}}).interval(0.9), (Interval{101, 102}));
}

}  // namespace
}  // namespace aivm::scenarios
