// Statistical tests have fixed seeds, so they always pass or always fail; their thresholds are
// generous (about six standard deviations), because what they guard against is a wrong formula, not
// a weak generator.
#include "sim/engine/random_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "sim/engine/fixed_log.h"
#include "sim/engine/seed.h"

namespace aivm::sim {
namespace {

TEST(RandomStream, IsPhilox4x6410OfItsNameAndPosition) {
    // The published known answer of Random123 for counter 0 and key 0 (kat_vectors, philox4x64 10).
    RandomStream zero({0, 0, 0});
    EXPECT_EQ(zero.next_u64(), 0x16554d9eca36314cU);
    EXPECT_EQ(zero.next_u64(), 0xdb20fe9d672d0fdcU);
    EXPECT_EQ(zero.next_u64(), 0xd7e772cee186176bU);
    EXPECT_EQ(zero.next_u64(), 0x7e68b68aec7ba23bU);
    EXPECT_EQ(zero.position(), 4U);
}

TEST(RandomStream, ReturnsThePinnedSamples) {
    RandomStream draws({42, 7, 3});
    std::vector<std::uint64_t> samples;
    for (int i = 0; i < 3; ++i) samples.push_back(draws.next_u64());
    for (int i = 0; i < 3; ++i) samples.push_back(draws.below(1000));
    for (int i = 0; i < 3; ++i) samples.push_back(draws.exponential(1'000'000'000));
    for (int i = 0; i < 3; ++i) samples.push_back(draws.pareto5(100'000'000));
    for (int i = 0; i < 3; ++i) samples.push_back(draws.uniform(10, 20));
    EXPECT_EQ(samples, (std::vector<std::uint64_t>{28015327053631469U, 17839396111648894616U,
                                                   3559003403100202557U, 6U, 46U, 528U, 1350903310U,
                                                   3979104232U, 909989180U, 81499565U, 82299262U,
                                                   80607372U, 20U, 17U, 16U}));
}

TEST(RandomStream, DiffersInEveryPartOfTheName) {
    const auto first = [](const StreamName& name) { return RandomStream(name).next_u64(); };
    const std::uint64_t base = first({1, 2, 3});
    EXPECT_NE(base, first({2, 2, 3}));
    EXPECT_NE(base, first({1, 3, 3}));
    EXPECT_NE(base, first({1, 2, 4}));
    EXPECT_NE(first({1, 2, 3}), first({1, 3, 2}));
}

TEST(RandomStream, SpreadsBelowEvenly) {
    RandomStream draws({1, 0, 0});
    std::vector<int> counts(100);
    for (int i = 0; i < 1'000'000; ++i) ++counts[draws.below(100)];
    double chi_square = 0;
    for (const int count : counts) chi_square += (count - 1e4) * (count - 1e4) / 1e4;
    EXPECT_LT(chi_square, 99 + 6 * std::sqrt(2 * 99.0));
    EXPECT_GT(chi_square, 99 - 6 * std::sqrt(2 * 99.0));
}

TEST(RandomStream, KeepsToTheBoundsOfUniform) {
    RandomStream draws({1, 0, 0});
    EXPECT_EQ(draws.uniform(5, 5), 5U);
    bool low = false;
    bool high = false;
    for (int i = 0; i < 1000; ++i) {
        const std::uint64_t value = draws.uniform(3, 9);
        ASSERT_TRUE(value >= 3 && value <= 9);
        low = low || value == 3;
        high = high || value == 9;
    }
    EXPECT_TRUE(low && high);
    static_cast<void>(draws.uniform(0, UINT64_MAX));
}

// The largest distance between the empirical distribution of n samples and `cdf`.
double kolmogorov_distance(std::vector<std::uint64_t> samples,
                           const std::function<double(double)>& cdf) {
    std::sort(samples.begin(), samples.end());
    double distance = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const double empirical =
            (static_cast<double>(i) + 0.5) / static_cast<double>(samples.size());
        distance = std::max(distance, std::abs(empirical - cdf(static_cast<double>(samples[i]))));
    }
    return distance;
}

constexpr int kSamples = 200'000;
const double kDistanceMax = 2.5 / std::sqrt(kSamples);

TEST(RandomStream, DrawsExponentialSamplesOfTheRightLaw) {
    RandomStream draws({5, 0, 0});
    std::vector<std::uint64_t> samples(kSamples);
    double sum = 0;
    for (auto& sample : samples)
        sum += static_cast<double>(sample = draws.exponential(1'000'000'000));
    EXPECT_NEAR(sum / kSamples, 1e9, 6e9 / std::sqrt(kSamples));
    EXPECT_LT(kolmogorov_distance(samples, [](double x) { return 1 - std::exp(-x / 1e9); }),
              kDistanceMax);
}

TEST(RandomStream, DrawsParetoSamplesOfTheRightLaw) {
    RandomStream draws({6, 0, 0});
    std::vector<std::uint64_t> samples(kSamples);
    double sum = 0;
    for (auto& sample : samples) sum += static_cast<double>(sample = draws.pareto5(100'000'000));
    // The standard deviation of Pareto(5) is 0.258 of its mean.
    EXPECT_NEAR(sum / kSamples, 1e8, 6 * 0.26e8 / std::sqrt(kSamples));
    EXPECT_GE(*std::min_element(samples.begin(), samples.end()), 80'000'000U);
    EXPECT_LT(kolmogorov_distance(samples, [](double x) { return 1 - std::pow(8e7 / x, 5); }),
              kDistanceMax);
}

TEST(FixedLog, IsTheLogarithmWithinItsStatedError) {
    RandomStream draws({7, 0, 0});
    for (int i = 0; i < 100'000; ++i) {
        const std::uint64_t u = (draws.next_u64() >> draws.below(64)) | 1;
        const double expected = 64 - std::log2(static_cast<double>(u));
        ASSERT_NEAR(std::ldexp(static_cast<double>(fixed::minus_log2(u)), -32), expected,
                    std::ldexp(1, -20))
            << u;
        const std::uint64_t x = draws.below(20ULL << 32);
        const double power = std::exp2(std::ldexp(static_cast<double>(x), -32));
        ASSERT_NEAR(std::ldexp(static_cast<double>(fixed::exp2(x)), -32) / power, 1,
                    std::ldexp(1, -20))
            << x;
    }
    EXPECT_EQ(fixed::minus_log2(1), 64ULL << 32);
    EXPECT_EQ(fixed::exp2(3ULL << 32), 8ULL << 32);
}

TEST(Seed, MayBeDecimalHexadecimalOrACommit) {
    EXPECT_EQ(seed_from_text("0").value(), 0U);
    EXPECT_EQ(seed_from_text("18446744073709551615").value(), UINT64_MAX);
    EXPECT_EQ(seed_from_text("0xFFffFFffFFffFFff").value(), UINT64_MAX);
    const auto commit = seed_from_text("da39a3ee5e6b4b0d3255bfef95601890afd80709");
    EXPECT_EQ(commit.value(), 0x07e23ede2756aa3fU);
    EXPECT_EQ(seed_from_text("DA39A3EE5E6B4B0D3255BFEF95601890AFD80709").value(), *commit);
}

TEST(Seed, IsRefusedWithTheTextAndTheRemedyIfItIsAnythingElse) {
    for (const char* text :
         {"", "0x", "-1", "+1", "1 ", "18446744073709551616", "0x10000000000000000", "seed", "1e3",
          "da39a3ee5e6b4b0d3255bfef95601890afd8070", "ga39a3ee5e6b4b0d3255bfef95601890afd80709"}) {
        const auto seed = seed_from_text(text);
        ASSERT_FALSE(seed.has_value()) << text;
        EXPECT_NE(seed.error().text().find("40 hexadecimal digits"), std::string::npos);
    }
}

}  // namespace
}  // namespace aivm::sim
