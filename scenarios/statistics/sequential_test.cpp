#include "scenarios/statistics/sequential.h"

#include <gtest/gtest.h>

#include "scenarios/statistics/intervals.h"
#include "sim/engine/random_stream.h"

namespace aivm::scenarios {
namespace {

TEST(Sequential, LooksDoubleAndSpendTheWholeErrorOnce) {
    for (const std::uint64_t most : {1U, 8U, 9U, 64U, 100U, 1000U}) {
        double error = 0;
        std::uint64_t before = 0;
        for (const Look& look : plan_looks(most, 0.95)) {
            EXPECT_GT(look.runs, before);
            before = look.runs;
            error += 1 - look.confidence;
        }
        EXPECT_EQ(before, most);
        EXPECT_NEAR(error, 0.05, 1e-12);
    }
    EXPECT_EQ(plan_looks(8, 0.95).size(), 1U);
    EXPECT_EQ(plan_looks(64, 0.95).size(), 4U);
}

// Fraud as in the reference sweep: in each of 100 blocks some of 10 answers are wrong, and all
// wrong answers of a block become final if the next `window` proposers censor. One streak of
// censoring proposers passes many.
void add_run(sim::RandomStream& random, std::uint32_t censoring_ppm, std::size_t window,
             ClusteredShare& counts) {
    constexpr std::size_t kBlocks = 100;
    std::vector<std::size_t> streak(kBlocks + window +
                                    1);  // of censoring proposers that begins at this block
    for (std::size_t block = streak.size() - 1; block-- > 0;) {
        streak[block] = random.bernoulli_ppm(censoring_ppm) ? streak[block + 1] + 1 : 0;
    }
    double posted = 0;
    double missed = 0;
    for (std::size_t block = 0; block < kBlocks; ++block) {
        const auto wrong = static_cast<double>(random.below(6));
        posted += wrong;
        if (streak[block + 1] >= window) missed += wrong;
    }
    counts.add(missed, posted);
}

struct Question {
    std::uint32_t censoring_ppm;
    std::size_t window;
    double truth;  // the censoring share to the power of the window
};

// The coverage of the final interval of studies that ask whether the share is below a bound equal
// to the true share, the hardest case, and stop at the first decision.
double coverage(const std::vector<Look>& looks, const Question& question) {
    constexpr int kStudies = 500;
    sim::RandomStream random(
        {11, question.censoring_ppm, static_cast<std::uint32_t>(question.window)});
    int covered = 0;
    for (int i = 0; i < kStudies; ++i) {
        ClusteredShare counts;
        Interval interval;
        for (const Look& look : looks) {
            while (counts.runs() < look.runs)
                add_run(random, question.censoring_ppm, question.window, counts);
            interval = counts.interval(look.confidence);
            if (!interval.holds(question.truth)) break;
        }
        covered += interval.holds(question.truth) ? 1 : 0;
    }
    return static_cast<double>(covered) / kStudies;
}

constexpr Question kCommon{500'000, 3, 0.125};
constexpr Question kRare{800'000, 20, 0.011529215};
constexpr Question kUnseen{900'000, 60,
                           0.001797010};  // most studies see no such event in their first runs

TEST(Sequential, StoppingAtWillKeepsTheConfidence) {
    const std::vector<Look> looks = plan_looks(64, 0.95);
    for (const Question& question : {kCommon, kRare, kUnseen}) {
        EXPECT_GE(coverage(looks, question), 0.93) << question.truth;  // two standard errors below
    }
}

TEST(Sequential, NaivePeekingWouldNot) {
    std::vector<Look> naive;
    for (std::uint64_t runs = 8; runs <= 64; runs += 2) naive.push_back({runs, 0.8});
    EXPECT_LT(coverage(naive, kCommon), 0.75);
}

// The same for a mean, with Student's interval.
TEST(Sequential, AMeanKeepsItsConfidenceToo) {
    constexpr int kStudies = 1000;
    sim::RandomStream random({13, 0, 0});
    const std::vector<Look> looks = plan_looks(64, 0.95);
    int covered = 0;
    for (int i = 0; i < kStudies; ++i) {
        Moments moments;
        Interval interval;
        for (const Look& look : looks) {
            while (moments.n() < look.runs) {
                double value = 0;  // the sum of 12 uniform ones: mean 6, near enough to normal
                for (int k = 0; k < 12; ++k)
                    value += static_cast<double>(random.below(1'000'001)) / 1e6;
                moments.add(value);
            }
            interval = t_interval(moments, look.confidence);
            if (!interval.holds(6)) break;
        }
        covered += interval.holds(6) ? 1 : 0;
    }
    EXPECT_GE(static_cast<double>(covered) / kStudies, 0.936);
}

}  // namespace
}  // namespace aivm::scenarios
