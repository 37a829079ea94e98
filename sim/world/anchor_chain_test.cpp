#include "sim/world/anchor_chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/testing/test_chain.h"
#include "sim/testing/test_world.h"

namespace aivm::sim::test {
namespace {

using aivm::test::TestChain;

constexpr std::uint64_t kAnchorSecond = 1'000'000'000;

// Four anchors, one every 7 blocks of a second each, sent at 7, 14, 21 and 28 seconds.
std::vector<AnchorRow> four_anchors(const ChainSettings& settings, std::uint64_t end_s = 1000,
                                    std::uint64_t seed = 1) {
    TestChain chain;
    AnchorChain target(settings, RandomStream({seed, 0, 0}));
    for (std::uint64_t second = 1; second <= 28; ++second) {
        chain.block();
        target.accept(*chain.tip(), static_cast<SimTime>(second * kAnchorSecond));
    }
    return target.rows(static_cast<SimTime>(end_s * kAnchorSecond));
}

std::vector<std::uint64_t> landed_s(const std::vector<AnchorRow>& rows) {
    std::vector<std::uint64_t> out;
    for (const AnchorRow& row : rows)
        out.push_back(row.landed_ns ? *row.landed_ns / kAnchorSecond : 0);
    return out;
}

TEST(AnchorChain, TakesEveryAnchorAfterItsDelay) {
    ChainSettings settings;
    settings.anchor_delay_ns = 3 * kAnchorSecond;
    const auto rows = four_anchors(settings);
    EXPECT_THAT(landed_s(rows), testing::ElementsAre(10, 17, 24, 31));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(rows[i].anchor, i);
        EXPECT_EQ(rows[i].block, 7 * (i + 1));
        EXPECT_EQ(rows[i].sent_ns, 7 * (i + 1) * kAnchorSecond);
        EXPECT_EQ(rows[i].root.size(), 64U);
        EXPECT_EQ(rows[i].target, AnchorTarget::kQChain);
    }
    EXPECT_THAT(landed_s(four_anchors(settings, 20)), testing::ElementsAre(10, 17, 0, 0))
        << "what had not landed at the end of the run";
}

TEST(AnchorChain, WaitsForTheCertificateOfTheBlockOrALaterOne) {
    ChainSettings settings;
    settings.anchor_delay_ns = 3 * kAnchorSecond;
    settings.certificate_delay_ns = kAnchorSecond;
    TestChain chain;
    std::vector<Height> taken;
    AnchorChain target(settings, RandomStream({1, 0, 0}),
                       [&](Height block) { taken.push_back(block); });
    for (std::uint64_t second = 1; second <= 28; ++second) {
        chain.block();
        target.accept(*chain.tip(), static_cast<SimTime>(second * kAnchorSecond));
        if (second == 9) target.certify(6, static_cast<SimTime>(9 * kAnchorSecond));
        if (second == 16) target.certify(14, static_cast<SimTime>(16 * kAnchorSecond));
    }
    EXPECT_THAT(taken, testing::ElementsAre(7, 14));
    const auto rows = target.rows(static_cast<SimTime>(1000 * kAnchorSecond));
    EXPECT_THAT(landed_s(rows), testing::ElementsAre(20, 20));
    EXPECT_EQ(rows[0].sent_ns, 17 * kAnchorSecond);
}

TEST(AnchorChain, TakesNothingDuringAnOutageAndThenWhatWaited) {
    ChainSettings settings;
    settings.anchor_delay_ns = kAnchorSecond;
    settings.anchor_outage_at_ns = 10 * kAnchorSecond;
    settings.anchor_outage_ns = 15 * kAnchorSecond;
    EXPECT_THAT(landed_s(four_anchors(settings)), testing::ElementsAre(8, 25, 25, 29));
}

TEST(AnchorChain, WithholdsTheShareThatIsSetByTheSeed) {
    ChainSettings settings;
    settings.anchor_withheld_ppm = 1'000'000;
    for (const AnchorRow& row : four_anchors(settings)) {
        EXPECT_TRUE(row.withheld);
        EXPECT_FALSE(row.landed_ns);
    }
    settings.anchor_withheld_ppm = 500'000;
    EXPECT_EQ(four_anchors(settings), four_anchors(settings));
    std::set<std::vector<std::uint64_t>> patterns;
    for (std::uint64_t seed = 1; seed <= 20; ++seed)
        patterns.insert(landed_s(four_anchors(settings, 1000, seed)));
    EXPECT_GT(patterns.size(), 5U);
}

}  // namespace
}  // namespace aivm::sim::test
