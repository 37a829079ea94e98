#include "sim/consensus/snow_parameters.h"

#include <gtest/gtest.h>

#include <vector>

namespace aivm::sim {
namespace {

SnowParameters with(std::uint32_t k, std::uint32_t alpha_preference,
                    std::uint32_t alpha_confidence) {
    SnowParameters p;
    p.k = k;
    p.alpha_preference = alpha_preference;
    p.alpha_confidence = alpha_confidence;
    return p;
}

TEST(SnowParameters, PublishedPresetsAreTheTableOfTheSpecification) {
    const auto row = [](std::string_view name) {
        const auto p = preset_parameters(name);
        EXPECT_TRUE(p.has_value()) << name;
        return std::vector<std::uint32_t>{p->k, p->alpha_preference, p->alpha_confidence, p->beta};
    };
    using Row = std::vector<std::uint32_t>;
    EXPECT_EQ(row("avalanche-mainnet"), (Row{20, 15, 15, 20}));
    EXPECT_EQ(row("lux-default"), (Row{20, 14, 14, 14}));
    EXPECT_EQ(row("lux-mainnet"), (Row{21, 15, 15, 14}));
    EXPECT_EQ(row("lux-testnet"), (Row{11, 8, 8, 8}));
    EXPECT_EQ(row("lux-local"), (Row{3, 2, 2, 2}));
    EXPECT_EQ(snow_presets().size(), 5U);
}

TEST(SnowParameters, AnUnknownPresetNamesTheOnesThereAre) {
    const auto p = preset_parameters("lux-moon");
    ASSERT_FALSE(p.has_value());
    EXPECT_NE(p.error().context.find("lux-testnet"), std::string::npos);
}

TEST(SnowParameters, D42HalfOfTheSampleIsNoMajority) {
    EXPECT_FALSE(check(with(20, 10, 15), 100).has_value());
    EXPECT_TRUE(check(with(20, 11, 15), 100).has_value());
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
    p.poll_timeout_ns = 0;
    EXPECT_FALSE(check(p, 100).has_value());
    p = {};
    p.max_processing = 0;
    EXPECT_FALSE(check(p, 100).has_value());
}

}  // namespace
}  // namespace aivm::sim
