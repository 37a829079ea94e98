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
