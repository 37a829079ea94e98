#include "sim/scenario/fault_budget.h"

#include <gtest/gtest.h>

namespace aivm::sim {
namespace {

constexpr std::uint64_t kS = 1'000'000'000;

std::vector<Amount> equal_stakes(std::size_t validators) {
    return std::vector<Amount>(validators, lux(2000));
}

Scenario chain_of(ConsensusKind consensus) {
    Scenario scenario;
    scenario.chain.consensus = consensus;
    scenario.chain.preset = SnowPresetName::kAvalancheMainnet;
    apply_preset(scenario.chain);
    return scenario;
}

TEST(FaultBudget, IsLessThanAThirdOfTheStakeUnlessTheEngineSaysOtherwise) {
    const Scenario sequencer = chain_of(ConsensusKind::kSequencer);
    const auto whole_validators = [&](std::size_t n) {
        return fault_budget(sequencer, equal_stakes(n)).nlux() / lux(2000).nlux();
    };
    EXPECT_EQ(whole_validators(1), 0U);
    EXPECT_EQ(whole_validators(3), 0U);
    EXPECT_EQ(whole_validators(4), 1U);
    EXPECT_EQ(whole_validators(9), 2U);
    EXPECT_EQ(whole_validators(21), 6U);
    EXPECT_TRUE(fault_budget(sequencer, {}).is_zero());
}

TEST(FaultBudget, OfSnowmanIsWhatItsPollsTolerate) {
    const Scenario snowman = chain_of(ConsensusKind::kSnowman);
    EXPECT_EQ(fault_budget(snowman, equal_stakes(20)), lux(4000));
    const FaultTolerance tolerance = fault_tolerance(snowman, equal_stakes(20));
    EXPECT_EQ(tolerance.faulty, 2U);
    EXPECT_LT(tolerance.fork_chance, 1e-9);
    EXPECT_TRUE(fault_budget(snowman, equal_stakes(4)).is_zero());
    EXPECT_TRUE(fault_budget(snowman, {}).is_zero());
    // A few large stakes fluctuate as few validators do.
    std::vector<Amount> skewed = equal_stakes(20);
    for (std::size_t i = 0; i < 4; ++i) skewed[i] = lux(200'000);
    EXPECT_TRUE(fault_budget(snowman, skewed).is_zero());
}

TEST(FaultBudget, OfAvalancheIsWhatItsPollsTolerate) {
    Scenario dag = chain_of(ConsensusKind::kAvalanche);
    dag.chain.k = 20;
    dag.chain.alpha_preference = dag.chain.alpha_confidence = 15;
    dag.chain.beta_virtuous = 15;
    dag.chain.beta_rogue = 20;
    dag.chain.concurrent_polls = 4;
    const FaultTolerance tolerance = fault_tolerance(dag, equal_stakes(20));
    EXPECT_EQ(tolerance.faulty, 2U);
    EXPECT_GT(tolerance.fork_chance, 0);
    EXPECT_LT(tolerance.fork_chance, 1e-9);
    EXPECT_GE(tolerance.fork_chance_beyond, 1e-9);
    EXPECT_LE(tolerance.polls, tolerance.polls_max);
    EXPECT_EQ(fault_budget(dag, equal_stakes(20)), lux(4000));
    EXPECT_TRUE(fault_budget(dag, equal_stakes(4)).is_zero());
    // More vertices contest more often; and a node that knows no rival decides sooner.
    dag.chain.vertex_interval_ns = 1000;
    EXPECT_EQ(fault_budget(dag, equal_stakes(20)), lux(2000));
    dag.chain.vertex_interval_ns = 1'000'000'000;
    dag.chain.concurrent_polls = dag.chain.beta_virtuous = 1;
    EXPECT_TRUE(fault_budget(dag, equal_stakes(20)).is_zero());
    dag.chain.beta_virtuous = 15;
    EXPECT_EQ(fault_budget(dag, equal_stakes(20)), lux(4000));
    // Where cuts are voted on, too.
    dag.chain.cut_finality = CutFinality::kBft;
    EXPECT_EQ(fault_budget(dag, equal_stakes(20)), lux(4000));
}

TEST(FaultBudget, CountsByzantineAndForgetfulValidatorsTogetherAndEachOnce) {
    const std::vector<Amount> stakes = equal_stakes(7);
    const std::vector<bool> byzantine = {true, false, false, false, false, false, false};
    const Outage one{10 * kS, 20 * kS, {1}};
    const auto find = [&](const std::vector<Outage>& outages) {
        return find_excess(outages, byzantine, stakes, lux(4000));
    };
    EXPECT_FALSE(find({one}));
    EXPECT_FALSE(find({one, {12 * kS, 18 * kS, {0, 1}}}));
    const auto excess = find({one, {15 * kS, 30 * kS, {2}}});
    ASSERT_TRUE(excess);
    EXPECT_EQ(excess->outage, 1U);
    EXPECT_EQ(excess->at_ns, 15 * kS);
    EXPECT_EQ(excess->faulty, lux(6000));
    EXPECT_FALSE(find({one, {20 * kS, 30 * kS, {2}}})) << "one after the other";
}

TEST(FaultBudget, ValidatorsThatBreakTheProtocolMayExceedItWithoutAnyOutage) {
    const std::vector<Amount> stakes = equal_stakes(7);
    const std::vector<bool> byzantine = {true, true, true, false, false, false, false};
    const auto excess = find_excess({}, byzantine, stakes, lux(4000));
    ASSERT_TRUE(excess);
    EXPECT_FALSE(excess->outage);
    EXPECT_EQ(excess->faulty, lux(6000));
    const auto with_outage = find_excess({{10 * kS, 20 * kS, {4}}}, byzantine, stakes, lux(4000));
    ASSERT_TRUE(with_outage);
    EXPECT_FALSE(with_outage->outage) << "it is not the outage's doing";
    EXPECT_FALSE(find_excess({}, byzantine, stakes, lux(6000)));
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

TEST(FaultBudget, TheDiskOfASoleProposerHasTheOnlyCopyOfItsLastBlocks) {
    ChainSettings chain;
    chain.consensus = ConsensusKind::kSequencer;
    const auto may_lose = [&](FaultKind kind, std::uint32_t validator) {
        FaultPlan plan;
        plan.kind = kind;
        return may_lose_the_only_copy(plan, chain, validator);
    };
    EXPECT_TRUE(may_lose(FaultKind::kBitRot, 0));
    EXPECT_TRUE(may_lose(FaultKind::kLostWrites, 0));
    EXPECT_FALSE(may_lose(FaultKind::kBitRot, 1)) << "what a follower has, the sequencer has too";
    EXPECT_FALSE(may_lose(FaultKind::kTornWrite, 0)) << "nothing that was written is lost";
    EXPECT_FALSE(may_lose(FaultKind::kCrash, 0));
    chain.consensus = ConsensusKind::kSnowman;
    EXPECT_FALSE(may_lose(FaultKind::kBitRot, 0));
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

TEST(FaultBudget, WhereVotesAreSignedADamagedDiskCountsToTheEnd) {
    ChainSettings chain;
    chain.consensus = ConsensusKind::kBft;
    FaultPlan plan;
    plan.at_ns = 10 * kS;
    plan.kind = FaultKind::kReplacedDisk;
    EXPECT_EQ(outage_of(plan, chain, {3})->until_ns, ~std::uint64_t{0});
    plan.kind = FaultKind::kCrash;
    EXPECT_LT(outage_of(plan, chain, {3})->until_ns, 60 * kS) << "votes are on disk";
}

TEST(FaultBudget, AValidatorThatDeviatesCountsFromThenToTheEnd) {
    FaultPlan plan;
    plan.kind = FaultKind::kByzantine;
    plan.at_ns = 10 * kS;
    plan.duration_ns = kS;
    for (const ConsensusKind consensus : {ConsensusKind::kSnowman, ConsensusKind::kSequencer}) {
        ChainSettings chain;
        chain.consensus = consensus;
        const auto outage = outage_of(plan, chain, {3});
        ASSERT_TRUE(outage);
        EXPECT_EQ(outage->from_ns, 10 * kS);
        EXPECT_EQ(outage->until_ns, ~std::uint64_t{0});
    }
}

}  // namespace
}  // namespace aivm::sim
