#include "scenarios/statistics/unseen.h"

#include <gtest/gtest.h>

#include "sim/engine/random_stream.h"

namespace aivm::scenarios {
namespace {

TEST(Unseen, CountsBehavioursThatWereSeenOnce) {
    const UnseenEstimate estimate = estimate_unseen({{"a", 7}, {"b", 1}, {"c", 2}, {"d", 1}}, 0.95);
    EXPECT_EQ(estimate.runs, 11U);
    EXPECT_EQ(estimate.behaviours, 4U);
    EXPECT_EQ(estimate.singletons, 2U);
    EXPECT_DOUBLE_EQ(estimate.next_is_new, 2.0 / 11);
}

TEST(Unseen, WithoutRunsEverythingIsNew) {
    const UnseenEstimate estimate = estimate_unseen({}, 0.95);
    EXPECT_DOUBLE_EQ(estimate.next_is_new, 1);
    EXPECT_DOUBLE_EQ(estimate.next_is_new_max, 1);
}

// A population whose unseen mass is known: 1000 behaviours, uniform.
TEST(Unseen, TheEstimateIsNearTheTruthAndTheBoundAboveIt) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        sim::RandomStream stream({seed, 0, 0});
        std::map<std::string, std::uint64_t> counts;
        for (int run = 0; run < 2000; ++run) ++counts[std::to_string(stream.below(1000))];
        const double truth = 1 - static_cast<double>(counts.size()) / 1000;
        const UnseenEstimate estimate = estimate_unseen(counts, 0.95);
        EXPECT_NEAR(estimate.next_is_new, truth, 0.05) << seed;
        EXPECT_GE(estimate.next_is_new_max, truth) << seed;
    }
}

}  // namespace
}  // namespace aivm::scenarios
