// Snow against theory, on the figures of validation_cases.json. Seeds are fixed; tolerances are
// five standard errors of the sample, so that no other seed would be likely to fail either.
#include "sim/consensus/snowman/synchronous_rounds.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace aivm::sim {
namespace {

SnowParameters snow(std::uint32_t k, std::uint32_t alpha, std::uint32_t beta) {
    SnowParameters out;
    out.k = k;
    out.alpha_preference = alpha;
    out.alpha_confidence = alpha;
    out.beta = beta;
    return out;
}

// `honest` nodes of which the last `second` prefer the second choice, and after them `others` of
// one conduct.
SynchronousRoundsSetup setup(const SnowParameters& parameters, std::uint32_t honest,
                             std::uint32_t second, std::uint32_t others = 0,
                             Conduct conduct = Conduct::kSilent) {
    SynchronousRoundsSetup out;
    out.snow = parameters;
    out.conduct.assign(honest, Conduct::kHonest);
    out.conduct.resize(honest + others, conduct);
    out.prefers.assign(honest - second, Choice::kOne);
    out.prefers.resize(honest + others, Choice::kTwo);
    return out;
}

SynchronousRounds play(const SynchronousRoundsSetup& setup, std::uint64_t seed) {
    auto made = SynchronousRounds::make(setup, RandomStream({seed, 0, 9}));
    EXPECT_TRUE(made.has_value());
    return std::move(made).value();
}

std::uint64_t rounds_until_decided(SynchronousRounds& nodes) {
    std::uint64_t rounds = 0;
    for (; !nodes.all_decided() && rounds < 10'000; ++rounds) nodes.round();
    return rounds;
}

void expect_mean(double expected, std::uint64_t runs,
                 const std::function<double(std::uint64_t seed)>& run) {
    double sum = 0;
    double squares = 0;
    for (std::uint64_t seed = 1; seed <= runs; ++seed) {
        const double x = run(seed);
        sum += x;
        squares += x * x;
    }
    const auto n = static_cast<double>(runs);
    const double mean = sum / n;
    const double error = std::sqrt((squares / n - mean * mean) / n);
    EXPECT_GT(error, 0);
    EXPECT_LT(error, expected / 10) << "too few runs to say anything";
    EXPECT_NEAR(mean, expected, 5 * error + 0.005 * expected);
}

TEST(SynchronousRounds, C08FromUnanimityItTakesBetaRoundsExactly) {
    SynchronousRoundsSetup all_alike = setup(snow(20, 15, 20), 100, 0);
    all_alike.snow.alpha_preference = 11;
    SynchronousRounds nodes = play(all_alike, 1);
    EXPECT_EQ(rounds_until_decided(nodes), 20U);
    EXPECT_EQ(nodes.polls_max(), 20U);
    EXPECT_FALSE(nodes.disagree());
    EXPECT_EQ(nodes.choice(0), Choice::kOne);
}

TEST(SynchronousRounds, C02ByzantineNodesAloneFillAPollAsOftenAsTheHypergeometricTailSays) {
    // The asker is one more than the hundred it asks ten of.
    SynchronousRounds nodes = play(setup(snow(10, 8, 1'000'000), 51, 0, 50, Conduct::kTwo), 3);
    constexpr int kPolls = 40'000;
    int filled = 0;
    for (int i = 0; i < kPolls; ++i) filled += nodes.poll(0) == Choice::kTwo ? 1 : 0;
    constexpr double kExpected = 0.045824;
    EXPECT_NEAR(static_cast<double>(filled) / kPolls, kExpected, 5 * std::sqrt(kExpected / kPolls));
}

TEST(SynchronousRounds, C03C04SilentNodesCostPollsBecauseConfidenceIsReset) {
    const auto polls_with = [](std::uint32_t silent) {
        return [silent](std::uint64_t seed) {
            SynchronousRounds nodes = play(setup(snow(20, 15, 20), 1000 - silent, 0, silent), seed);
            while (!nodes.decided(0)) nodes.poll(0);
            return static_cast<double>(nodes.polls(0));
        };
    };
    expect_mean(22.382, 300, polls_with(100));
    expect_mean(43.978, 300, polls_with(150));
}

TEST(SynchronousRounds, C05TheSlowestOfNinetyNodesWithTenSilentOnes) {
    expect_mean(40.57, 60, [](std::uint64_t seed) {
        SynchronousRounds nodes = play(setup(snow(20, 15, 20), 90, 0, 10), seed);
        rounds_until_decided(nodes);
        return static_cast<double>(nodes.polls_max());
    });
}

double slush_steps(const SynchronousRoundsSetup& slush, std::uint64_t seed) {
    SynchronousRounds nodes = play(slush, seed);
    std::uint64_t steps = 0;
    for (; !nodes.unanimous() && steps < 1'000'000; ++steps) nodes.step();
    return static_cast<double>(steps) / static_cast<double>(slush.conduct.size());
}

TEST(SynchronousRounds, C06C07SlushReachesUnanimityInTheStepsThatTheoryPredicts) {
    expect_mean(5.01, 300, [](std::uint64_t seed) {
        return slush_steps(setup(snow(20, 11, 1'000'000), 100, 50), seed);
    });
    expect_mean(7.3147, 60, [](std::uint64_t seed) {
        return slush_steps(setup(snow(10, 8, 1'000'000), 500, 200), seed);
    });
}

TEST(SynchronousRounds, C09SnowflakeFromAnEvenSplit) {
    expect_mean(33.48, 60, [](std::uint64_t seed) {
        SynchronousRounds nodes = play(setup(snow(20, 15, 20), 100, 50), seed);
        const std::uint64_t rounds = rounds_until_decided(nodes);
        EXPECT_FALSE(nodes.disagree());
        return static_cast<double>(rounds);
    });
}

TEST(SynchronousRounds, C10UnsafeParametersAreCaught) {
    const auto share_that_disagrees = [](std::uint32_t beta) {
        int disagreeing = 0;
        for (std::uint64_t seed = 1; seed <= 200; ++seed) {
            SynchronousRounds nodes =
                play(setup(snow(10, 6, beta), 80, 40, 20, Conduct::kOpposite), seed);
            for (int round = 0; !nodes.all_decided() && round < 200; ++round) nodes.round();
            disagreeing += nodes.disagree() ? 1 : 0;
        }
        return disagreeing / 200.0;
    };
    EXPECT_NEAR(share_that_disagrees(2), 0.9515, 5 * std::sqrt(0.9515 * 0.0485 / 200));
    EXPECT_LT(share_that_disagrees(12), 0.2) << "a larger beta corrects it";
}

// Rounds until all decide, from 21 nodes of equal stake that prefer as `firsts` says; nullopt if
// they have not after 1,000 rounds.
std::optional<std::uint64_t> rounds_from_a_split(const SnowParameters& snow,
                                                 const std::vector<std::size_t>& firsts,
                                                 std::uint64_t seed, bool asks_itself) {
    RandomStream random({seed, 21, 7});
    SynchronousRoundsSetup setup;
    setup.snow = snow;
    setup.asks_itself = asks_itself;
    for (std::size_t choice = 0; choice < firsts.size(); ++choice) {
        setup.prefers.insert(setup.prefers.end(), firsts[choice], static_cast<Choice>(choice));
        Hash32 id;
        for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(random.below(256));
        setup.ids.push_back(id);
    }
    setup.conduct.assign(setup.prefers.size(), Conduct::kHonest);
    setup.stakes.assign(setup.prefers.size(), 1'000'000'000'000);
    auto nodes = SynchronousRounds::make(std::move(setup), random).value();
    for (std::uint64_t round = 1; round <= 1000; ++round) {
        nodes.round();
        EXPECT_FALSE(nodes.disagree());
        if (nodes.all_decided()) return round;
    }
    return std::nullopt;
}

// The median over those of `games` games that end, and how many do.
struct Medians {
    std::uint64_t median = 0;
    std::size_t decided = 0;
};
Medians median_of(const SnowParameters& snow, const std::vector<std::size_t>& firsts,
                  std::uint64_t games, bool asks_itself = false) {
    std::vector<std::uint64_t> rounds;
    for (std::uint64_t seed = 1; seed <= games; ++seed) {
        if (const auto taken = rounds_from_a_split(snow, firsts, seed, asks_itself))
            rounds.push_back(*taken);
    }
    std::ranges::sort(rounds);
    return {rounds.empty() ? 0 : rounds[rounds.size() / 2], rounds.size()};
}

SnowParameters default_chain(SnowInstanceKind instance, SnowSampling sampling) {
    SnowParameters snow;
    snow.k = 11;
    snow.alpha_preference = 8;
    snow.alpha_confidence = 8;
    snow.beta = 14;
    snow.instance = instance;
    snow.sampling = sampling;
    return snow;
}

// The reference medians are of an independent model in Python.
TEST(SynchronousRounds, ThreeEqualCampsAgreeInTheTreeAndNeverInTheFlatInstance) {
    const std::vector<std::size_t> camps{7, 7, 7};
    const auto play = [&](SnowInstanceKind instance, SnowSampling sampling, std::uint64_t games) {
        return median_of(default_chain(instance, sampling), camps, games);
    };
    const Medians distinct = play(SnowInstanceKind::kTree, SnowSampling::kDistinct, 100);
    EXPECT_EQ(distinct.decided, 100U);
    EXPECT_NEAR(static_cast<double>(distinct.median), 17, 1);
    const Medians units = play(SnowInstanceKind::kTree, SnowSampling::kStakeUnits, 100);
    EXPECT_EQ(units.decided, 100U);
    EXPECT_NEAR(static_cast<double>(units.median), 18, 1);
    EXPECT_EQ(play(SnowInstanceKind::kFlat, SnowSampling::kDistinct, 20).decided, 0U);
    // By chance alone, so that it matters whether the asker may ask itself: the 28 +- 2 of the
    // reference are of samples that may contain it. Those of the engine never do (S24).
    const SnowParameters flat = default_chain(SnowInstanceKind::kFlat, SnowSampling::kStakeUnits);
    const Medians with_itself = median_of(flat, camps, 300, true);
    EXPECT_EQ(with_itself.decided, 300U);
    EXPECT_NEAR(static_cast<double>(with_itself.median), 28, 2);
    const Medians of_others = median_of(flat, camps, 300);
    EXPECT_EQ(of_others.decided, 300U);
    EXPECT_NEAR(static_cast<double>(of_others.median), 25, 2);
}

TEST(SynchronousRounds, AnEvenSplitUnderASampleOfAllIsResolvedByUnitsOfStakeOnly) {
    SnowParameters snow;  // of the deployed network
    snow.sampling = SnowSampling::kDistinct;
    EXPECT_EQ(median_of(snow, {10, 11}, 20).decided, 0U);
    snow.sampling = SnowSampling::kStakeUnits;
    const Medians units = median_of(snow, {10, 11}, 100);
    EXPECT_EQ(units.decided, 100U);
    EXPECT_NEAR(static_cast<double>(units.median), 27, 2);
}

// Of `games` games of five nodes, split two against three, those that end in disagreement.
std::size_t forks(std::uint32_t beta, std::uint32_t concurrent_polls, std::uint64_t games) {
    std::size_t out = 0;
    for (std::uint64_t seed = 1; seed <= games; ++seed) {
        SynchronousRoundsSetup setup;
        setup.snow.k = 3;
        setup.snow.alpha_preference = setup.snow.alpha_confidence = 2;
        setup.snow.beta = beta;
        setup.conduct.assign(5, Conduct::kHonest);
        setup.prefers = {Choice::kOne, Choice::kOne, Choice::kTwo, Choice::kTwo, Choice::kTwo};
        setup.concurrent_polls = concurrent_polls;
        auto nodes = SynchronousRounds::make(std::move(setup), RandomStream({seed, 5, 3})).value();
        for (int round = 0; round < 100 && !nodes.all_decided(); ++round) nodes.round();
        out += nodes.disagree() ? 1 : 0;
    }
    return out;
}

// Polls of one instant all see one state: beta of them are one look at the network, not beta looks.
// With beta = 4 and four polls at a time one split in four ends in a fork, with one poll at a time,
// or with two looks, none of 2,000 does. This is why small worlds with k = 3, alpha = 2 and beta =
// 4 accepted two blocks at one height.
TEST(SynchronousRounds, PollsOfOneInstantAreNotSuccessiveLooks) {
    EXPECT_EQ(forks(4, 1, 1000), 0U);
    EXPECT_NEAR(static_cast<double>(forks(4, 4, 1000)), 233, 50);
    EXPECT_EQ(forks(8, 4, 1000), 0U);
}

TEST(SynchronousRounds, TheSameSeedPlaysTheSameGame) {
    const SynchronousRoundsSetup split = setup(snow(20, 15, 20), 100, 50);
    SynchronousRounds first = play(split, 5);
    SynchronousRounds second = play(split, 5);
    EXPECT_EQ(rounds_until_decided(first), rounds_until_decided(second));
    EXPECT_EQ(first.choice(0), second.choice(0));
}

TEST(SynchronousRounds, RefusesListsThatDoNotMatchParametersThatAreUnsafeAndAWorldWithoutHonesty) {
    const auto refused = [](const SynchronousRoundsSetup& bad) {
        return !SynchronousRounds::make(bad, RandomStream({1, 0, 0})).has_value();
    };
    SynchronousRoundsSetup bad = setup(snow(20, 15, 20), 100, 50);
    EXPECT_FALSE(refused(bad));
    bad.prefers.pop_back();
    EXPECT_TRUE(refused(bad));
    EXPECT_TRUE(refused(setup(snow(20, 10, 20), 100, 50)));
    bad = setup(snow(20, 15, 20), 100, 50);
    bad.conduct.assign(100, Conduct::kSilent);
    EXPECT_TRUE(refused(bad));
}

}  // namespace
}  // namespace aivm::sim
