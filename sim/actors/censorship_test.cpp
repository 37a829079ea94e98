// Frequencies against theory. Tolerances are five standard deviations, and the seeds are fixed.
#include "sim/actors/censorship.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace aivm::sim {
namespace {

CensorshipSchedule schedule(CensorshipModel model, std::uint32_t share_ppm, std::uint64_t seed = 7) {
    return {model, share_ppm, RandomStream({seed, 0, 5})};
}

// The share of windows of `width` blocks, one after the other, in which every proposer censors.
double fully_censored(CensorshipSchedule& proposers, std::uint32_t width, std::uint32_t windows) {
    std::uint32_t censored = 0;
    for (std::uint32_t i = 0; i < windows; ++i) {
        bool all = true;
        for (std::uint32_t block = 0; block < width; ++block) all = proposers.next() && all;
        censored += all ? 1 : 0;
    }
    return static_cast<double>(censored) / windows;
}

double tolerance(double p, std::uint32_t n) { return 5 * std::sqrt(p * (1 - p) / n); }

TEST(Censorship, IndependentProposersKeepAProofOutOfAWindowWithProbabilityAlphaToTheW) {
    for (const double alpha : {0.5, 0.67, 0.8, 0.9}) {
        for (const std::uint32_t width : {1U, 3U, 6U, 10U}) {
            auto proposers = schedule(CensorshipModel::kIid, static_cast<std::uint32_t>(alpha * 1e6));
            const double expected = std::pow(alpha, width);
            EXPECT_NEAR(fully_censored(proposers, width, 40'000), expected, tolerance(expected, 40'000))
                << alpha << " over " << width;
        }
    }
}

TEST(Censorship, APermutedRoundHasExactlyTheShareOfCensors) {
    auto proposers = schedule(CensorshipModel::kPermuted, 330'000);
    for (int round = 0; round < 200; ++round) {
        std::uint32_t censors = 0;
        for (std::uint32_t i = 0; i < kRoundProposers; ++i) censors += proposers.next() ? 1 : 0;
        ASSERT_EQ(censors, 33U);
    }
}

TEST(Censorship, AShareBetweenTwoCountsIsMetInTheMeanOfTheRounds) {
    auto proposers = schedule(CensorshipModel::kPermuted, 333'300);  // 33.33 of 100
    std::uint32_t censors = 0;
    constexpr std::uint32_t kRounds = 10'000;
    for (std::uint32_t i = 0; i < kRounds * kRoundProposers; ++i) censors += proposers.next() ? 1 : 0;
    EXPECT_NEAR(static_cast<double>(censors) / kRounds, 33.33, tolerance(0.33, kRounds));
}

TEST(Censorship, ProposersDrawnWithoutReplacementCensorAWindowHypergeometrically) {
    // Windows of 5 divide the rounds of 100; each is a draw of 5 from a round of which 80 censor.
    auto proposers = schedule(CensorshipModel::kPermuted, 800'000);
    double expected = 1;
    for (int i = 0; i < 5; ++i) expected *= (80.0 - i) / (100.0 - i);
    EXPECT_NEAR(fully_censored(proposers, 5, 60'000), expected, tolerance(expected, 60'000));
    EXPECT_LT(expected, std::pow(0.8, 5));
}

TEST(Censorship, AStickyLeaderKeepsAWindowClosedMoreOftenThanIndependentOnes) {
    auto proposers = schedule(CensorshipModel::kSticky, 500'000);
    EXPECT_GT(fully_censored(proposers, 6, 40'000), 5 * std::pow(0.5, 6));
}

TEST(Censorship, AStickyTermEndsAfterAtMostNineteenBlocksAndTheShareIsMet) {
    // With every second leader a censor, a run of one kind is a chain of terms: its length says nothing; the share does.
    auto proposers = schedule(CensorshipModel::kSticky, 300'000);
    constexpr std::uint32_t kBlocks = 2'000'000;
    std::uint32_t censored = 0;
    std::uint32_t changes = 0;
    bool last = false;
    for (std::uint32_t i = 0; i < kBlocks; ++i) {
        const bool censors = proposers.next();
        censored += censors ? 1 : 0;
        changes += censors != last ? 1 : 0;
        last = censors;
    }
    EXPECT_NEAR(static_cast<double>(censored) / kBlocks, 0.3, 0.01);
    // A term has 10 blocks in the mean, and 2 * 0.3 * 0.7 of the borders between terms are changes.
    EXPECT_NEAR(static_cast<double>(changes) / kBlocks, 0.042, 0.001);
}

TEST(Censorship, NobodyCensorsWithoutAModelOrWithoutAShareAndEverybodyWithAWholeShare) {
    for (const auto model : {CensorshipModel::kIid, CensorshipModel::kPermuted, CensorshipModel::kSticky}) {
        auto none = schedule(model, 0);
        auto all = schedule(model, 1'000'000);
        for (int i = 0; i < 1000; ++i) {
            ASSERT_FALSE(none.next());
            ASSERT_TRUE(all.next());
        }
    }
    auto off = schedule(CensorshipModel::kNone, 1'000'000);
    EXPECT_FALSE(off.next());
}

class TakesEverything final : public ValidatorStrategy {
    bool includes(const SignedOperation&) override { return true; }
};

TEST(Censorship, OnlyFraudProofsAreLeftOutAndASecondAttemptAtABlockHasTheSameProposer) {
    const auto validator =
        make_censoring(std::make_unique<TakesEverything>(), schedule(CensorshipModel::kIid, 500'000));
    const SignedOperation task({{}, 1, op::SubmitTask{}}, {});
    const SignedOperation challenge({{}, 1, op::Challenge{}}, {});
    const SignedOperation reveal({{}, 1, op::ChallengeReveal{}}, {});
    std::uint32_t censored = 0;
    for (Height height = 1; height <= 200; ++height) {
        validator->begin_block(height);
        const bool included = validator->includes(challenge);
        validator->begin_block(height);
        EXPECT_EQ(validator->includes(challenge), included);
        EXPECT_EQ(validator->includes(reveal), included);
        EXPECT_TRUE(validator->includes(task));
        censored += included ? 0 : 1;
    }
    EXPECT_NEAR(censored, 100, 36);
}

}  // namespace
}  // namespace aivm::sim
