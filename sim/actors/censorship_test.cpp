// Frequencies against theory. Tolerances are five standard deviations, and the seeds are fixed.
#include "sim/actors/censorship.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace aivm::sim {
namespace {

ChainSettings settings(CensorshipModel model, std::uint32_t share_ppm) {
    ChainSettings chain;
    chain.censorship = model;
    chain.censoring_ppm = share_ppm;
    return chain;
}

CensorshipSchedule schedule(const ChainSettings& chain) {
    return {chain, RandomStream({7, 0, 5}), RandomStream({7, 0, 6})};
}

CensorshipSchedule schedule(CensorshipModel model, std::uint32_t share_ppm) {
    return schedule(settings(model, share_ppm));
}

// Whether the next block, for which proofs wait, leaves them out.
bool next(CensorshipSchedule& proposers) {
    proposers.begin_block();
    return proposers.leaves_proofs_out();
}

// The share of windows of `width` blocks, one after the other, in which every proposer censors.
double fully_censored(CensorshipSchedule& proposers, std::uint32_t width, std::uint32_t windows) {
    std::uint32_t censored = 0;
    for (std::uint32_t i = 0; i < windows; ++i) {
        bool all = true;
        for (std::uint32_t block = 0; block < width; ++block) all = next(proposers) && all;
        censored += all ? 1 : 0;
    }
    return static_cast<double>(censored) / windows;
}

double tolerance(double p, std::uint32_t n) { return 5 * std::sqrt(p * (1 - p) / n); }

TEST(Censorship, IndependentProposersKeepAProofOutOfAWindowWithProbabilityAlphaToTheW) {
    for (const double alpha : {0.5, 0.67, 0.8, 0.9}) {
        for (const std::uint32_t width : {1U, 3U, 6U, 10U}) {
            auto proposers =
                schedule(CensorshipModel::kIid, static_cast<std::uint32_t>(alpha * 1e6));
            const double expected = std::pow(alpha, width);
            EXPECT_NEAR(fully_censored(proposers, width, 40'000), expected,
                        tolerance(expected, 40'000))
                << alpha << " over " << width;
        }
    }
}

TEST(Censorship, APermutedRoundHasExactlyTheShareOfCensors) {
    auto proposers = schedule(CensorshipModel::kPermuted, 330'000);
    for (int round = 0; round < 200; ++round) {
        std::uint32_t censors = 0;
        for (std::uint32_t i = 0; i < 100; ++i) censors += next(proposers) ? 1 : 0;
        ASSERT_EQ(censors, 33U);
    }
}

TEST(Censorship, AShareBetweenTwoCountsIsMetInTheMeanOfTheRounds) {
    auto proposers = schedule(CensorshipModel::kPermuted, 333'300);  // 33.33 of 100
    std::uint32_t censors = 0;
    constexpr std::uint32_t kRounds = 10'000;
    for (std::uint32_t i = 0; i < kRounds * 100; ++i) censors += next(proposers) ? 1 : 0;
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

TEST(Censorship, V34AWindowWithinARoundOfTwentyOfWhomEighteenCensor) {
    ChainSettings chain = settings(CensorshipModel::kPermuted, 900'000);
    chain.round_proposers = 20;
    auto proposers = schedule(chain);
    EXPECT_NEAR(fully_censored(proposers, 10, 40'000), 0.2368421, tolerance(0.2368421, 20'000))
        << "halves of a round";
}

TEST(Censorship, V35TermsOfTenBlocksThatBeginWithTheFirstBlock) {
    auto proposers = schedule(CensorshipModel::kSticky, 900'000);
    EXPECT_NEAR(fully_censored(proposers, 100, 20'000), 0.3486784, tolerance(0.3486784, 20'000));
}

TEST(Censorship, ALeaderCensorsInAllBlocksOfItsTermOrInNone) {
    ChainSettings chain = settings(CensorshipModel::kSticky, 300'000);
    chain.leader_term_blocks = 7;
    auto proposers = schedule(chain);
    constexpr std::uint32_t kTerms = 20'000;
    std::uint32_t censored = 0;
    for (std::uint32_t term = 0; term < kTerms; ++term) {
        const bool censors = next(proposers);
        for (std::uint32_t block = 1; block < chain.leader_term_blocks; ++block)
            ASSERT_EQ(next(proposers), censors);
        censored += censors ? 1 : 0;
    }
    EXPECT_NEAR(static_cast<double>(censored) / kTerms, 0.3, tolerance(0.3, kTerms));
}

TEST(Censorship, ABudgetIsSpentOnBlocksWithProofsAndThenProofsGetIn) {
    ChainSettings chain = settings(CensorshipModel::kBudget, 0);
    chain.censor_price = lux(3);
    chain.censor_budget = lux(10);
    auto proposers = schedule(chain);
    Amount paid;
    for (int block = 1; block <= 6; ++block) {
        proposers.begin_block();
        if (block == 2) continue;  // no proof waits, so nothing is paid
        EXPECT_EQ(proposers.leaves_proofs_out(), block <= 4) << block;
        EXPECT_EQ(proposers.leaves_proofs_out(), block <= 4) << "asked twice, paid once";
        paid += proposers.paid();
    }
    EXPECT_EQ(paid, lux(9));
}

TEST(Censorship, ABribeIsPaidToThoseWhoTakeItAndWithoutAPurseForEver) {
    ChainSettings chain = settings(CensorshipModel::kBribe, 400'000);
    chain.censor_price = lux(2);
    auto proposers = schedule(chain);
    std::uint32_t censored = 0;
    for (int block = 0; block < 10'000; ++block) {
        const bool left_out = next(proposers);
        EXPECT_EQ(proposers.paid(), left_out ? lux(2) : Amount());
        censored += left_out ? 1 : 0;
    }
    EXPECT_NEAR(censored, 4000, 10'000 * tolerance(0.4, 10'000));
    chain.censoring_ppm = 1'000'000;
    chain.censor_budget = lux(5);
    auto poor = schedule(chain);
    EXPECT_TRUE(next(poor));
    EXPECT_TRUE(next(poor));
    EXPECT_FALSE(next(poor));
}

// The gambler's ruin: from two steps above it to the ground before d + 1, where a step down has the
// probability a.
double orphaned(double a, double final_after) {
    const double ratio = a / (1 - a);
    if (ratio == 1) return 1 - 2 / (final_after + 1);
    return (std::pow(ratio, 2) - std::pow(ratio, final_after + 1)) /
           (1 - std::pow(ratio, final_after + 1));
}

TEST(Censorship, OrphaningSucceedsAsTheGamblersRuinSays) {
    constexpr std::uint32_t kBlocks = 20'000;
    for (const double share : {0.3, 0.5, 0.6}) {
        for (const std::uint64_t final_after : {2, 6}) {
            ChainSettings chain =
                settings(CensorshipModel::kOrphan, static_cast<std::uint32_t>(share * 1e6));
            chain.finality_delay_ns = final_after * chain.block_interval_ns;
            auto proposers = schedule(chain);
            std::uint32_t left_out = 0;
            for (std::uint32_t i = 0; i < kBlocks; ++i) left_out += next(proposers) ? 1 : 0;
            const double expected =
                share + (1 - share) * orphaned(share, static_cast<double>(final_after));
            EXPECT_NEAR(static_cast<double>(left_out) / kBlocks, expected,
                        tolerance(expected, kBlocks))
                << share << " final after " << final_after;
        }
    }
}

TEST(Censorship, ASocialResponseEndsTheOrphaning) {
    ChainSettings chain = settings(CensorshipModel::kOrphan, 900'000);
    chain.finality_delay_ns = 10 * chain.block_interval_ns;
    chain.social_response_blocks = 20;
    auto proposers = schedule(chain);
    int left_out = 0;
    for (int block = 0; block < 1000; ++block) left_out += next(proposers) ? 1 : 0;
    EXPECT_GT(left_out, 15);
    EXPECT_LT(left_out, 100);
    EXPECT_FALSE(next(proposers));
}

TEST(Censorship, V37OutagesAreExponential) {
    ChainSettings chain = settings(CensorshipModel::kPartition, 0);
    chain.outage_mean_ns = 20'000;
    auto proposers = schedule(chain);
    EXPECT_FALSE(next(proposers));
    std::uint32_t longer = 0;
    for (int i = 0; i < 20'000; ++i) longer += proposers.outage_ns() > 50'000 ? 1 : 0;
    EXPECT_NEAR(longer / 20'000.0, 0.082085, tolerance(0.082085, 20'000));
}

TEST(Censorship, NobodyCensorsWithoutAModelOrWithoutAShareAndEverybodyWithAWholeShare) {
    for (const auto model :
         {CensorshipModel::kIid, CensorshipModel::kPermuted, CensorshipModel::kSticky}) {
        auto none = schedule(model, 0);
        auto all = schedule(model, 1'000'000);
        for (int i = 0; i < 1000; ++i) {
            ASSERT_FALSE(next(none));
            ASSERT_TRUE(next(all));
        }
    }
    auto off = schedule(CensorshipModel::kNone, 1'000'000);
    EXPECT_FALSE(next(off));
}

class TakesEverything final : public ValidatorStrategy {
    bool includes(const SignedOperation&) override { return true; }
};

TEST(Censorship, OnlyFraudProofsAreLeftOutAndASecondAttemptAtABlockHasTheSameProposer) {
    const auto validator = make_censoring(std::make_unique<TakesEverything>(),
                                          schedule(CensorshipModel::kIid, 500'000),
                                          [](Amount) { FAIL() << "nobody pays"; });
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
