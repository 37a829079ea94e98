#include "scenarios/profiles/stake.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "scenarios/profiles/avax_2021.h"

namespace aivm::scenarios {
namespace {

// The z with P(Z < z) = p, by bisection on the complementary error function.
double normal_quantile(double p) {
    double low = -10;
    double high = 10;
    for (int i = 0; i < 200; ++i) {
        const double middle = (low + high) / 2;
        (0.5 * std::erfc(-middle / std::sqrt(2.0)) < p ? low : high) = middle;
    }
    return low;
}

TEST(StakeProfiles, TheAvaxTableIsTheQuantilesOfItsLognormal) {
    const auto n = kAvax2021Lux.size();
    for (std::size_t i = 0; i < n; ++i) {
        const double p = (static_cast<double>(n - 1 - i) + 0.5) / static_cast<double>(n);
        const double exact = std::clamp(20'000 * std::exp(2.6 * normal_quantile(p)), 2000.0, 3e6);
        EXPECT_NEAR(kAvax2021Lux[i], exact, 0.51) << i;
    }
}

TEST(StakeProfiles, TheAvaxTableHasThePublishedConcentration) {
    double total = 0;
    double weighted = 0;
    const auto n = static_cast<double>(kAvax2021Lux.size());
    for (std::size_t i = 0; i < kAvax2021Lux.size(); ++i) {
        total += kAvax2021Lux[i];
        weighted += kAvax2021Lux[i] * (n - 1 - 2 * static_cast<double>(i));  // largest first
    }
    const auto top = [&](std::size_t count) {
        double sum = 0;
        for (std::size_t i = 0; i < count; ++i) sum += kAvax2021Lux[i];
        return sum / total;
    };
    EXPECT_NEAR(top(22), 0.30, 0.01);
    EXPECT_NEAR(top(89), 0.74, 0.01);
    EXPECT_NEAR(weighted / (n * total), 0.84, 0.005);
}

TEST(StakeProfiles, TheWholeAvaxSetIsTheTableAndASmallerOneItsQuantiles) {
    const auto all = profile_stakes("avax-2021", 947);
    ASSERT_TRUE(all);
    for (std::size_t i = 0; i < 947; ++i) EXPECT_EQ((*all)[i], lux(kAvax2021Lux[i]));
    const auto one = profile_stakes("avax-2021", 1);
    EXPECT_EQ(one->front(), lux(kAvax2021Lux[473])) << "the median";
}

TEST(StakeProfiles, ZipfFallsWithTheRankToThePower1Point2) {
    const auto stakes = profile_stakes("zipf", kMaxStakeValidators);
    ASSERT_TRUE(stakes);
    for (std::size_t i = 0; i < stakes->size(); ++i) {
        const double exact = 3e6 / std::pow(static_cast<double>(i + 1), 1.2);
        EXPECT_NEAR(static_cast<double>((*stakes)[i].nlux()) / 1e9, std::floor(exact), 1.0) << i;
    }
}

TEST(StakeProfiles, StakesAreLargestFirstAndNeverZero) {
    for (const auto& name : stake_profile_names()) {
        for (const std::uint32_t validators : {1U, 2U, 21U, 1000U, kMaxStakeValidators}) {
            const auto stakes = profile_stakes(name, validators);
            ASSERT_TRUE(stakes);
            ASSERT_EQ(stakes->size(), validators);
            EXPECT_TRUE(std::is_sorted(stakes->rbegin(), stakes->rend())) << name;
            EXPECT_FALSE(stakes->back().is_zero()) << name;
        }
    }
}

TEST(StakeProfiles, AnUnknownProfileOrTooManyValidatorsIsAnError) {
    EXPECT_EQ(profile_stakes("gold", 5).error().context, "no stake profile \"gold\"");
    EXPECT_EQ(profile_stakes("equal", kMaxStakeValidators + 1).error().code,
              ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace aivm::scenarios
