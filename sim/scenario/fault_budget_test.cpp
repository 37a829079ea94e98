#include "sim/scenario/fault_budget.h"

#include <gtest/gtest.h>

namespace aivm::sim {
namespace {

constexpr std::uint64_t kS = 1'000'000'000;

std::vector<Amount> equal_stakes(std::size_t validators) {
    return std::vector<Amount>(validators, lux(2000));
}

TEST(FaultBudget, IsLessThanAThirdOfTheStake) {
    const auto whole_validators = [](std::size_t n) {
        return fault_budget(equal_stakes(n)).nlux() / lux(2000).nlux();
    };
    EXPECT_EQ(whole_validators(1), 0U);
    EXPECT_EQ(whole_validators(3), 0U);
    EXPECT_EQ(whole_validators(4), 1U);
    EXPECT_EQ(whole_validators(9), 2U);
    EXPECT_EQ(whole_validators(21), 6U);
    EXPECT_TRUE(fault_budget({}).is_zero());
}

TEST(FaultBudget, CountsByzantineAndForgetfulValidatorsTogetherAndEachOnce) {
    const std::vector<Amount> stakes = equal_stakes(7);
    const std::vector<bool> byzantine = {true, false, false, false, false, false, false};
    const Outage one{10 * kS, 20 * kS, {1}};
    EXPECT_FALSE(find_excess({one}, byzantine, stakes));
    EXPECT_FALSE(find_excess({one, {12 * kS, 18 * kS, {0, 1}}}, byzantine, stakes));
    const auto excess = find_excess({one, {15 * kS, 30 * kS, {2}}}, byzantine, stakes);
    ASSERT_TRUE(excess);
    EXPECT_EQ(excess->outage, 1U);
    EXPECT_EQ(excess->at_ns, 15 * kS);
    EXPECT_EQ(excess->faulty, lux(6000));
    EXPECT_FALSE(find_excess({one, {20 * kS, 30 * kS, {2}}}, byzantine, stakes))
        << "one after the other";
}

TEST(FaultBudget, AValidatorThatForgotCountsForSomeTimeAfterItsFault) {
    ChainSettings chain;
    FaultPlan crash;
    crash.kind = FaultKind::kCrash;
    crash.at_ns = 10 * kS;
    const auto outage = outage_of(crash, chain, {3});
    ASSERT_TRUE(outage);
    EXPECT_EQ(outage->until_ns, 10 * kS + chain.restart_delay_ns + kForgetfulNs);
    crash.kind = FaultKind::kPause;
    EXPECT_FALSE(outage_of(crash, chain, {3})) << "a paused node keeps its memory";
}

TEST(FaultBudget, NamesStandForGroupsRolesAndIndexes) {
    Scenario scenario;
    scenario.chain.validators = 5;
    ActorGroup liars;
    liars.role = Role::kValidator;
    liars.name = "liars";
    liars.strategy = "equivocator";
    liars.count = 2;
    scenario.actors = {liars};
    const ValidatorNames names(scenario);
    EXPECT_EQ(names.of("liars"), (std::vector<std::uint32_t>{3, 4}));
    EXPECT_EQ(names.of("validator").size(), 5U);
    EXPECT_EQ(names.of("2"), (std::vector<std::uint32_t>{2}));
    EXPECT_TRUE(names.of("5").empty());
    EXPECT_TRUE(names.of("provider").empty());
    EXPECT_EQ(byzantine_validators(scenario), (std::vector<bool>{false, false, false, true, true}));
}

}  // namespace
}  // namespace aivm::sim
