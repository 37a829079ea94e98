#include "scenarios/statistics/cheating_gain.h"

#include <gtest/gtest.h>

#include <cmath>

namespace aivm::scenarios {
namespace {

sim::CounterfactualRow row(std::string label, std::int64_t payoff, std::int64_t honest,
                           std::uint32_t members = 1) {
    sim::CounterfactualRow out;
    out.label = std::move(label);
    out.members = members;
    out.payoff_nlux = payoff;
    out.honest_payoff_nlux = honest;
    return out;
}

TEST(CheatingGain, IsPairedByRunAndPerMember) {
    const auto gains = gains_over({{row("liars", 100, 40, 2)}, {row("liars", 300, 200, 2)}}, 0.95);
    ASSERT_EQ(gains.size(), 1U);
    EXPECT_EQ(gains[0].label, "liars");
    EXPECT_DOUBLE_EQ(gains[0].gains.mean(), (30 + 50) / 2.0);
    EXPECT_EQ(gains[0].gains.n(), 2U);
}

TEST(CheatingGain, OwnersAreNeverPooled) {
    const auto gains = gains_over({{row("briber", -50, 0), row("seller", 50, 0)},
                                   {row("briber", -52, 0), row("seller", 52, 0)},
                                   {row("briber", -51, 0), row("seller", 51, 0)}},
                                  0.95);
    ASSERT_EQ(gains.size(), 2U);
    EXPECT_EQ(gains[0].pays, Pays::kNo);
    EXPECT_EQ(gains[1].pays, Pays::kYes);
}

TEST(CheatingGain, AnIntervalThatSpansZeroTellsNothing) {
    const auto gains = gains_over({{row("a", 5, 0)}, {row("a", -4, 0)}, {row("a", 1, 0)}}, 0.95);
    EXPECT_EQ(gains[0].pays, Pays::kCannotBeTold);
    EXPECT_TRUE(gains[0].interval.holds(0));
}

TEST(CheatingGain, OneRunTellsNothing) {
    const auto gains = gains_over({{row("a", 500, 0)}}, 0.95);
    EXPECT_EQ(gains[0].pays, Pays::kCannotBeTold);
    EXPECT_TRUE(std::isinf(gains[0].interval.high));
}

TEST(CheatingGain, WhatEqualsHonestPlayInEveryRunDoesNotPay) {
    const auto gains = gains_over({{row("a", 7, 7)}, {row("a", 9, 9)}}, 0.95);
    EXPECT_EQ(gains[0].pays, Pays::kNo);
}

TEST(CheatingGain, ARunThatDidNotEndTellsNothing) {
    const auto gains = gains_over({{}, {row("a", 7, 0)}, {}, {row("a", 9, 0)}}, 0.95);
    ASSERT_EQ(gains.size(), 1U);
    EXPECT_EQ(gains[0].gains.n(), 2U);
    EXPECT_TRUE(gains_over({{}, {}}, 0.95).empty());
}

}  // namespace
}  // namespace aivm::scenarios
