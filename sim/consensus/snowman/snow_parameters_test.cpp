#include "sim/consensus/snowman/snow_parameters.h"

#include <gtest/gtest.h>

#include "sim/scenario/scenario.h"

namespace aivm::sim {
namespace {

SnowParameters with(std::uint32_t k, std::uint32_t alpha_preference,
                    std::uint32_t alpha_confidence) {
    SnowParameters p;
    p.sampling = SnowSampling::kDistinct;
    p.k = k;
    p.alpha_preference = alpha_preference;
    p.alpha_confidence = alpha_confidence;
    return p;
}

TEST(SnowParameters, D42HalfOfTheSampleIsNoMajority) {
    EXPECT_FALSE(check(with(20, 10, 15), 100).has_value());
    EXPECT_TRUE(check(with(20, 11, 15), 100).has_value());
}

// Two conflicting blocks must never both reach the quorum of one poll, whatever k is.
TEST(SnowParameters, D42NoSampleHoldsTwoQuorums) {
    for (std::uint32_t k = 1; k <= 40; ++k) {
        for (std::uint32_t alpha = 1; alpha <= k + 1; ++alpha) {
            EXPECT_EQ(check(with(k, alpha, alpha), 100).has_value(), 2 * alpha > k && alpha <= k)
                << k << " " << alpha;
        }
    }
}

TEST(SnowParameters, TheMajorityIsOfWhatIsReallySampled) {
    EXPECT_TRUE(check(with(20, 3, 3), 6).has_value());  // five others, three are a majority
    EXPECT_FALSE(check(with(20, 2, 3), 6).has_value());
}

TEST(SnowParameters, AnAlphaAboveTheSampleIsRefused) {
    EXPECT_FALSE(check(with(20, 15, 21), 100).has_value());
    EXPECT_FALSE(check(with(20, 15, 15), 15).has_value());  // only 14 others
    EXPECT_TRUE(check(with(20, 15, 15), 16).has_value());
    EXPECT_FALSE(check(with(20, 1, 1), 1).has_value());  // a lone validator cannot poll
}

TEST(SnowParameters, ConfidenceMayNotBeCheaperThanPreference) {
    EXPECT_FALSE(check(with(20, 16, 15), 100).has_value());
}

TEST(SnowParameters, ZeroBetaPollsAndTimeoutAreRefused) {
    SnowParameters p;
    p.beta = 0;
    EXPECT_FALSE(check(p, 100).has_value());
    p = {};
    p.concurrent_polls = 0;
    EXPECT_FALSE(check(p, 100).has_value());
    p = {};
    p.poll_timeout_min_ns = 0;
    EXPECT_FALSE(check(p, 100).has_value());
    p = {};
    p.max_processing = 0;
    EXPECT_FALSE(check(p, 100).has_value());
}

TEST(SnowParameters, TimeOutsThatAreNoRangeAreRefused) {
    SnowParameters p;
    p.poll_timeout_min_ns = p.poll_timeout_max_ns + 1;
    EXPECT_FALSE(check(p, 100).has_value());
}

TEST(SnowParameters, ASampleOfUnitsMayBeLargerThanTheValidators) {
    SnowParameters p = with(20, 15, 15);
    EXPECT_FALSE(check(p, 4).has_value());
    p.sampling = SnowSampling::kStakeUnits;
    EXPECT_TRUE(check(p, 4).has_value());
}

TEST(SnowParameters, EveryPresetIsSafe) {
    for (const SnowPreset& preset : kSnowPresets) {
        SnowParameters p = with(preset.k, preset.alpha_preference, preset.alpha_confidence);
        p.beta = preset.beta;
        EXPECT_TRUE(check(p, 100).has_value()) << preset.k;
        EXPECT_LE(preset.beta_virtuous, preset.beta_rogue);
    }
    ChainSettings chain;
    chain.preset = SnowPresetName::kLuxLocal;
    apply_preset(chain);
    EXPECT_EQ(chain.k, 3U);
    EXPECT_EQ(chain.beta, 2U);
    EXPECT_EQ(chain.concurrent_polls, 2U);
    EXPECT_EQ(chain.block_interval_ns, 1'000'000U);
}

}  // namespace
}  // namespace aivm::sim
