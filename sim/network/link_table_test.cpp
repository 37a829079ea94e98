#include "sim/network/link_table.h"

#include <gtest/gtest.h>

#include "sim/engine/time.h"

namespace aivm::sim {
namespace {

// Four nodes, two in each of two regions.
NetworkLayout four_nodes() {
    return {{0, 0, 1, 1},
            {2, {1 * kMillisecond, 9 * kMillisecond, 8 * kMillisecond, 2 * kMillisecond}}};
}

NodeLinkRule rule(std::vector<bool> from, std::vector<bool> to) {
    return {{}, std::move(from), std::move(to), {}};
}

TEST(LinkTable, WithoutRulesEveryLinkHasTheSettingsOfTheNetwork) {
    const LinkTable table({.loss_ppm = 7, .jitter_ns = 5, .bandwidth_bps = 6}, four_nodes());
    EXPECT_EQ(table.classes(), 2U);
    EXPECT_EQ(table.of(0, 3).mean_ns, 9 * kMillisecond);
    EXPECT_EQ(table.of(3, 0).mean_ns, 8 * kMillisecond);
    EXPECT_EQ(table.of(3, 2).loss_ppm, 7U);
    EXPECT_EQ(table.of(0, 1).jitter_ns, 5U);
    EXPECT_EQ(table.of(0, 1).bandwidth_bps, 6U);
    EXPECT_FALSE(table.of(0, 1).exact_latency);
}

TEST(LinkTable, ARuleOverridesWhatItSaysInOneDirectionOnly) {
    NetworkLayout layout = four_nodes();
    layout.rules = {rule({true, false, false, false}, {false, false, true, true})};
    layout.rules[0].rule.loss_ppm = 300'000;
    layout.rules[0].latency = uniform_latency(50 * kMillisecond, 2);
    const LinkTable table({.loss_ppm = 1}, layout);
    EXPECT_EQ(table.of(0, 2).loss_ppm, 300'000U);
    EXPECT_EQ(table.of(0, 2).mean_ns, 50 * kMillisecond);
    EXPECT_TRUE(table.of(0, 2).exact_latency);
    EXPECT_EQ(table.of(2, 0).loss_ppm, 1U);
    EXPECT_EQ(table.of(2, 0).mean_ns, 8 * kMillisecond);
    EXPECT_EQ(table.of(1, 2).loss_ppm, 1U);
    layout.rules[0].rule.both_ways = true;
    const LinkTable both({.loss_ppm = 1}, layout);
    EXPECT_EQ(both.of(2, 0).loss_ppm, 300'000U);
    EXPECT_EQ(both.of(2, 1).loss_ppm, 1U);
}

TEST(LinkTable, OfTwoRulesTheLaterOneCountsForWhatBothSay) {
    NetworkLayout layout = four_nodes();
    const std::vector<bool> all(4, true);
    layout.rules = {rule(all, all), rule({true, false, false, false}, all)};
    layout.rules[0].rule.loss_ppm = 10;
    layout.rules[0].rule.corrupt_ppm = 11;
    layout.rules[1].rule.loss_ppm = 20;
    const LinkTable table({}, layout);
    EXPECT_EQ(table.of(0, 1).loss_ppm, 20U);
    EXPECT_EQ(table.of(0, 1).corrupt_ppm, 11U);
    EXPECT_EQ(table.of(1, 0).loss_ppm, 10U);
}

TEST(LinkTable, AHoleIsALinkWhoseLatencyNoRuleSays) {
    NetworkLayout layout{{0, 0, 0}, uniform_latency(0, 1)};
    layout.latency_by_rules = true;
    layout.rules = {rule({true, true, false}, {true, true, true})};
    layout.rules[0].latency = uniform_latency(5, 1);
    const auto hole = LinkTable({}, layout).find_hole();
    ASSERT_TRUE(hole);
    EXPECT_EQ(hole->from, 2U);
    EXPECT_EQ(hole->to, 0U);
    layout.rules[0].rule.both_ways = true;
    EXPECT_FALSE(LinkTable({}, layout).find_hole())
        << "a node alone in its class has no link to another of it";
    layout.rules[0] = rule({true, false, false}, {false, true, true});
    layout.rules[0].rule.both_ways = true;
    layout.rules[0].latency = uniform_latency(5, 1);
    const auto between_equals = LinkTable({}, layout).find_hole();
    ASSERT_TRUE(between_equals);
    EXPECT_EQ(between_equals->from, 1U);
    EXPECT_EQ(between_equals->to, 2U);
}

TEST(LinkTable, GrowsWithTheKindsOfNodesNotWithTheNodes) {
    NetworkLayout layout;
    for (std::uint32_t i = 0; i < 10'000; ++i) layout.region_of.push_back(i % 6);
    layout.latency = uniform_latency(1, 6);
    std::vector<bool> one(10'000);
    one[17] = true;
    layout.rules = {rule(one, std::vector<bool>(10'000, true))};
    layout.rules[0].rule.loss_ppm = 5;
    EXPECT_EQ(LinkTable::count_classes(layout), 7U);
    const LinkTable table({}, layout);
    EXPECT_EQ(table.of(17, 9'999).loss_ppm, 5U);
    EXPECT_EQ(table.of(9'999, 17).loss_ppm, 0U);
}

}  // namespace
}  // namespace aivm::sim
