// Real inputs and rules of penalties in whole runs: traces, prices of LUX, prices of block space,
// with every invariant watching.
#include <gtest/gtest.h>

#include "scenarios/testing/test_small.h"

namespace aivm::scenarios {
namespace {

constexpr const char* kTrace =
    "arrival_s,input,output\n"
    "0,10,10\n"
    "8,10,200\n"
    "100,10,10\n";

sim::Scenario traced(sim::Scenario s) {
    s.workload.trace = kTrace;
    s.workload.tasks = 3;
    s.workload.models = 3;
    s.workload.model_sizes = sim::ModelSizes::kDoubling;
    s.workload.input_per_step = 0;
    s.workload.output_per_step = 100;
    return s;
}

TEST(Inputs, TasksOfATraceArriveInBothFidelities) {
    for (const sim::Scenario& s : {traced(small()), traced(small_economic())}) {
        const sim::Outcome outcome = run(s);
        EXPECT_EQ(verdict(outcome), "clean");
        EXPECT_EQ(count(outcome, "tasks"), 3);
        EXPECT_GT(number(outcome, "virtual_seconds"), 100);
        // Two tasks on the model of one step, and one on that of two, which costs twice as much: of
        // each fee a tenth is burned and minted again.
        EXPECT_EQ(payoff(outcome, "requesters").cost, lux(4));
    }
}

TEST(Inputs, AStretchedTraceTakesAsMuchLonger) {
    sim::Scenario s = traced(small_economic());
    s.workload.trace_stretch_ppm = 3'000'000;
    EXPECT_GT(number(run(s), "virtual_seconds"), 300);
}

sim::Scenario priced(sim::Scenario s, const char* prices) {
    s.price.law = sim::PriceLaw::kFile;
    s.price.path = prices;
    return s;
}

TEST(Inputs, A53APriceTimerLiesOnlyWhenItsBondIsWorthLessThanALie) {
    sim::Scenario s = small_economic();
    s.workload.value_at_risk = lux(60);
    s.actors.push_back(group("provider", 1, "price_timer"));
    s.actors.back().bond = s.actors.back().stake = lux(20'000);
    s.workload.tasks = 60;
    EXPECT_EQ(count(run(priced(s, "time_s,price\n0,1\n40,0.7\n")), "n_fraud_posted"), 0);
    const sim::Outcome outcome = run(priced(s, "time_s,price\n0,1\n40,0.5\n"));
    EXPECT_GT(count(outcome, "n_fraud_posted"), 0);
    EXPECT_EQ(number(outcome, "price_low"), 0.5);
    EXPECT_EQ(verdict(outcome), "clean");
}

TEST(Inputs, WhatIsPaidOutsideTheChainCostsMoreLuxWhereThePriceHasFallen) {
    sim::Scenario s = small_economic();
    s.workload.step_cost = lux(1);
    const Amount before = payoff(run(s), "honests").cost;
    EXPECT_EQ(payoff(run(priced(s, "time_s,price\n0,4\n1,2\n")), "honests").cost, before + before);
}

TEST(Inputs, EveryOperationPaysForItsSpaceInBothFidelities) {
    for (sim::Scenario s : {small(), small_economic()}) {
        s.vm.policy.space_price_floor = Amount(1'000'000);
        s.vm.policy.space_target_operations = 2;
        const sim::Outcome outcome = run(s);
        EXPECT_EQ(verdict(outcome), "clean");
        // A submission and a result for each of 30 tasks, at the floor at least.
        EXPECT_GE(count(outcome, "space_burned"), 60'000'000);
    }
}

TEST(Inputs, EveryRuleOfPenaltiesHoldsItsInvariantsInBothFidelities) {
    for (sim::Scenario s : {small(), small_economic()}) {
        s.actors.push_back(group("provider", 2, "lazy_guess"));
        s.actors.back().stake = lux(20'000);
        s.actors.back().bond = lux(15'000);
        s.workload.tasks = 80;
        s.vm.policy.slash_escalation_bps = 15'000;
        s.vm.policy.correlation_multiplier = 1;
        s.vm.policy.correlation_window_blocks = 10;
        s.vm.policy.claim_reward = ClaimReward::kHalving;
        s.vm.policy.audit_bps = 2'000;
        const sim::Outcome outcome = run(s);
        EXPECT_EQ(verdict(outcome), "clean");
        const std::int64_t lies = count(outcome, "n_fraud_posted");
        EXPECT_GT(lies, 2);
        EXPECT_GT(count(outcome, "slash_taken"), lies * lux(100).nlux()) << "more than a flat one";
    }
}

TEST(Inputs, ACommitteeNeedsItsStakeInBothFidelities) {
    for (sim::Scenario s : {small(), small_economic()}) {
        s.vm.config.verification_mode = VerificationMode::kRedundant;
        s.vm.policy.redundancy_providers = 3;
        s.vm.config.redundancy_factor = 2;
        s.vm.policy.quorum_stake_bps = 7'000;
        s.vm.policy.reassignments_max = 1;
        s.workload.tasks = 20;
        s.actors = {group("provider", 2), group("provider", 1, "lazy_guess"),
                    group("challenger", 1)};
        const sim::Outcome outcome = run(s);
        EXPECT_EQ(verdict(outcome), "clean");
        EXPECT_GT(count(outcome, "quorum_fail"), 0) << "two of three equal bonds are too few";
    }
}

}  // namespace
}  // namespace aivm::scenarios
