#include "sim/scenario/price.h"

#include <gtest/gtest.h>

#include <cmath>

namespace aivm::sim {
namespace {

constexpr SimTime kSecond = 1'000'000'000;

double relative(std::uint64_t price) { return static_cast<double>(price) / double{kPriceOne}; }

RandomStream stream(std::uint64_t seed) { return RandomStream({seed, 0, 0}); }

PriceSettings from_file(std::string path) {
    PriceSettings settings;
    settings.law = PriceLaw::kFile;
    settings.path = std::move(path);
    return settings;
}

TEST(Price, IsOneWithoutALaw) {
    PricePath path;
    EXPECT_EQ(path.at(100 * kSecond), kPriceOne);
    EXPECT_EQ(path.in_lux(lux(7), 100 * kSecond), lux(7));
    EXPECT_TRUE(path.is_constant());
}

TEST(Price, OfAFileHoldsUntilTheNextAndIsRelativeToTheFirst) {
    PricePath path(from_file("time_s,price\n0,2.5\n10,5\n20,1.25\n"), stream(1));
    EXPECT_EQ(relative(path.at(0)), 1.0);
    EXPECT_EQ(relative(path.at(10 * kSecond - 1)), 1.0);
    EXPECT_EQ(relative(path.at(10 * kSecond)), 2.0);
    EXPECT_EQ(relative(path.at(500 * kSecond)), 0.5);
    EXPECT_EQ(relative(path.lowest(19 * kSecond)), 1.0);
    EXPECT_EQ(relative(path.lowest(20 * kSecond)), 0.5);
    EXPECT_EQ(path.in_lux(lux(6), 10 * kSecond), lux(3)) << "LUX is worth twice as much";
    EXPECT_EQ(path.in_lux(lux(6), 20 * kSecond), lux(12));
}

TEST(Price, TablesNameTheLineOfAnError) {
    const auto error = [](const char* text) {
        const auto prices = parse_prices(text);
        return prices ? "" : prices.error().context;
    };
    EXPECT_EQ(error("time_s,price\n0,1\n0,2\n"),
              "line 3: the time is not after that of the line above");
    EXPECT_EQ(error("time_s,price\n0,0\n"), "line 2: \"0\" is not a price above 0");
    EXPECT_EQ(error("time_s,price\nx,1\n"), "line 2: \"x\" is not a number of seconds");
    EXPECT_EQ(error("time,price\n0,1\n"), "the header does not have the columns time_s and price");
    EXPECT_EQ(error("time_s,price\n0,1\n1,100000000\n"),
              "line 3: the price is out of proportion to the first one");
}

TEST(Price, ItsTextReadsBackAsTheSamePrices) {
    const auto prices = parse_prices("time_s,price\n0.5,3\n10,7.123456789\n20,0.001\n");
    ASSERT_TRUE(prices);
    EXPECT_EQ(*parse_prices(prices_text(*prices)), *prices);
}

PriceSettings geometric(std::uint64_t volatility_ppm, std::uint64_t growth_ppm) {
    PriceSettings settings;
    settings.law = PriceLaw::kGeometric;
    settings.volatility_ppm = volatility_ppm;
    settings.growth_ppm = growth_ppm;
    settings.period_ns = 1000 * kSecond;
    settings.step_ns = 10 * kSecond;
    return settings;
}

TEST(Price, WithoutVolatilityGrowsExactly) {
    PricePath path(geometric(0, 250'000), stream(1));
    EXPECT_NEAR(relative(path.at(500 * kSecond)), 0.5, 1e-5);
    EXPECT_NEAR(relative(path.at(1000 * kSecond)), 0.25, 1e-5);
    EXPECT_NEAR(relative(path.at(3000 * kSecond)), 0.015625, 1e-6);
}

// Over a period the logarithm has mean ln(growth) - sigma^2 / 2 and standard deviation sigma.
TEST(Price, AGeometricBrownianMotionHasItsMeanAndVariance) {
    constexpr int kRuns = 4000;
    constexpr double kSigma = 0.5;
    double sum = 0;
    double squares = 0;
    double mean_price = 0;
    for (int seed = 0; seed < kRuns; ++seed) {
        PricePath path(geometric(500'000, 800'000), stream(static_cast<std::uint64_t>(seed)));
        const double price = relative(path.at(1000 * kSecond));
        sum += std::log(price);
        squares += std::log(price) * std::log(price);
        mean_price += price / kRuns;
    }
    const double mean = sum / kRuns;
    const double deviation = std::sqrt(squares / kRuns - mean * mean);
    EXPECT_NEAR(mean, std::log(0.8) - kSigma * kSigma / 2, 4 * kSigma / std::sqrt(kRuns));
    EXPECT_NEAR(deviation, kSigma, 0.025);
    EXPECT_NEAR(mean_price, 0.8, 0.03);
}

TEST(Price, DoesNotDependOnWhenItIsAskedFor) {
    PricePath jumps(geometric(500'000, 1'000'000), stream(3));
    const std::uint64_t late = jumps.at(900 * kSecond);
    PricePath steps(geometric(500'000, 1'000'000), stream(3));
    for (SimTime now = 0; now < 900 * kSecond; now += 7 * kSecond) static_cast<void>(steps.at(now));
    EXPECT_EQ(steps.at(900 * kSecond), late);
    EXPECT_EQ(steps.at(450 * kSecond), jumps.at(450 * kSecond));
    EXPECT_LE(jumps.lowest(900 * kSecond), late);
}

}  // namespace
}  // namespace aivm::sim
