#include "sim/consensus/snowman/fork_chance.h"

#include <gtest/gtest.h>

#include "sim/consensus/snowman/repeated_polls.h"
#include "sim/consensus/snowman/synchronous_rounds.h"

namespace aivm::sim {
namespace {

SnowParameters polls_of(std::uint32_t k, std::uint32_t alpha, std::uint32_t beta,
                        std::uint32_t concurrent_polls) {
    SnowParameters out;
    out.k = k;
    out.alpha_preference = out.alpha_confidence = alpha;
    out.beta = beta;
    out.concurrent_polls = concurrent_polls;
    return out;
}

const SnowParameters kDefaultChain = polls_of(11, 8, 14, 4);
const SnowParameters kAvalanche = polls_of(20, 15, 20, 4);

// The share of `games` that end in a fork, from the even split of the model.
double share_of_forks(const ForkModel& model, Conduct conduct, std::uint64_t games) {
    const std::uint32_t honest = model.validators - model.byzantine;
    std::uint64_t forks = 0;
    for (std::uint64_t seed = 1; seed <= games; ++seed) {
        SynchronousRoundsSetup setup;
        setup.snow = model.snow;
        setup.concurrent_polls = model.snow.concurrent_polls;
        setup.conduct.assign(honest, Conduct::kHonest);
        setup.conduct.resize(model.validators, conduct);
        setup.prefers.assign(honest / 2, Choice::kOne);
        setup.prefers.resize(model.validators, Choice::kTwo);
        setup.stakes.assign(model.validators, 1'000'000'000);
        auto nodes = SynchronousRounds::make(std::move(setup), RandomStream({seed, 8, 1})).value();
        const std::uint32_t rounds = fork_model_polls(model.snow) / model.snow.concurrent_polls;
        for (std::uint32_t round = 0; round < rounds && !nodes.all_decided(); ++round)
            nodes.round();
        forks += nodes.disagree() ? 1 : 0;
    }
    return static_cast<double>(forks) / static_cast<double>(games);
}

TEST(ForkChance, IsAboveWhatSimulationShowsAndNotFarAboveWithoutByzantineValidators) {
    for (const ForkModel& model :
         {ForkModel{polls_of(3, 2, 4, 1), 5, 0}, ForkModel{polls_of(6, 4, 6, 2), 20, 0},
          ForkModel{polls_of(11, 8, 4, 4), 20, 0}}) {
        const double shown = share_of_forks(model, Conduct::kHonest, 4000);
        const double computed = fork_chance(model);
        EXPECT_GT(shown, 0.002);
        EXPECT_LT(shown, computed);
        EXPECT_LT(computed, 100 * shown);
    }
}

TEST(ForkChance, IsAboveWhatSimulationShowsOfAdversaries) {
    const ForkModel weak{polls_of(10, 6, 4, 4), 13, 3};
    EXPECT_GT(share_of_forks(weak, Conduct::kOpposite, 100), 0.8);
    EXPECT_EQ(fork_chance(weak), 1);
    const ForkModel medium{polls_of(11, 8, 6, 4), 20, 3};
    const double shown = share_of_forks(medium, Conduct::kSame, 5000);
    EXPECT_GT(shown, 0);
    EXPECT_LT(shown, fork_chance(medium));
}

TEST(ForkChance, GrowsWithTheByzantineValidatorsAndFallsWithBeta) {
    double before = 0;
    for (std::uint32_t byzantine = 0; byzantine < 6; ++byzantine) {
        const double chance = fork_chance({kDefaultChain, 20, byzantine});
        EXPECT_GT(chance, before) << byzantine;
        before = chance;
    }
    before = 1;
    for (std::uint32_t beta = 8; beta <= 20; beta += 4) {
        const double chance = fork_chance({polls_of(11, 8, beta, 4), 20, 1});
        EXPECT_LT(chance, before) << beta;
        before = chance;
    }
}

TEST(ForkChance, IsTheSameNumberInEveryBuild) {
    EXPECT_NEAR(fork_chance({kDefaultChain, 20, 0}) / 1.365e-13, 1, 1e-3);
    EXPECT_NEAR(fork_chance({kDefaultChain, 20, 2}) / 5.266e-7, 1, 1e-3);
    EXPECT_NEAR(fork_chance({kAvalanche, 20, 3}) / 3.671e-11, 1, 1e-3);
    EXPECT_EQ(fork_chance({kAvalanche, 1, 0}), 0) << "one validator agrees with itself";
}

TEST(SnowTolerance, IsTheLargestShareThatIsBothSafeAndFast) {
    constexpr std::uint64_t kHeights = 720;
    const FaultTolerance deployed = snow_tolerance(kAvalanche, 20, kHeights);
    EXPECT_EQ(deployed.faulty, 2U);
    EXPECT_LT(deployed.fork_chance, 1e-9);
    EXPECT_GE(deployed.fork_chance_beyond, 1e-9);
    EXPECT_EQ(snow_tolerance(kAvalanche, 100, kHeights).faulty, 12U);
    EXPECT_EQ(snow_tolerance(kDefaultChain, 21, kHeights).faulty, 0U);
    EXPECT_LT(snow_tolerance(kDefaultChain, 21, kHeights).fork_chance, 1e-9);
    EXPECT_GE(snow_tolerance(polls_of(3, 2, 2, 1), 5, kHeights).fork_chance, 1e-9)
        << "unsafe without any fault";
    // All answers are needed: safe enough, but one faulty validator delays every decision.
    const FaultTolerance strict = snow_tolerance(polls_of(20, 20, 20, 4), 20, kHeights);
    EXPECT_EQ(strict.faulty, 0U);
    EXPECT_LT(strict.fork_chance_beyond, 1e-9);
    EXPECT_LE(strict.polls, strict.polls_max);
}

TEST(RepeatedPolls, ChanceOfAtLeastSoManyAnswers) {
    EXPECT_DOUBLE_EQ(chance_of_at_least(8, 11, 1), 1);
    EXPECT_DOUBLE_EQ(chance_of_at_least(3, 2, 0.5), 0);
    EXPECT_DOUBLE_EQ(chance_of_at_least(0, 5, 0.5), 1);
    EXPECT_NEAR(chance_of_at_least(2, 3, 0.5), 0.5, 1e-12);
    EXPECT_NEAR(chance_of_at_least(8, 11, 0.9), 0.98147, 1e-5);  // 1 - sum of the 8 lower terms
    EXPECT_DOUBLE_EQ(polls_until(20, 1), 20);
    EXPECT_DOUBLE_EQ(polls_until(2, 0.5), 6);
    EXPECT_DOUBLE_EQ(polls_until(20, 0), kPollsNever);
}

}  // namespace
}  // namespace aivm::sim
