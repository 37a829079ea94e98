#include "scenarios/run/counterfactual.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/run/setting.h"
#include "sim/record/row_sink.h"

namespace aivm::scenarios {
namespace {

using sim::Role;
using sim::Scenario;
using testing::ElementsAre;

sim::ActorGroup group_of(Role role, const char* name, const char* strategy = "honest",
                         std::uint32_t count = 1) {
    sim::ActorGroup out;
    out.role = role;
    out.name = name;
    out.strategy = strategy;
    out.count = count;
    return out;
}

// Liars among providers that nobody checks unless there is a challenger.
Scenario small_with(std::vector<sim::ActorGroup> more) {
    Scenario s;
    s.name = "counterfactual";
    s.run.fidelity = sim::Fidelity::kEconomic;
    s.chain.validators = 3;
    s.workload.tasks = 40;
    s.workload.feature_rows = 256;
    s.vm.config.challenge_window_blocks = 5;
    s.actors = {group_of(Role::kProvider, "honest", "honest", 2)};
    for (sim::ActorGroup& one : more) s.actors.push_back(std::move(one));
    return s;
}

sim::Outcome compared(const Scenario& scenario, std::uint64_t seed = 1) {
    RunOptions options;
    options.seed = seed;
    options.counterfactual = true;
    auto outcome = run_scenario(scenario, options);
    EXPECT_TRUE(outcome) << outcome.error().text();
    return *outcome;
}

std::int64_t gain_of(const sim::CounterfactualRow& row) {
    return row.payoff_nlux - row.honest_payoff_nlux;
}

TEST(Counterfactual, TheHonestPayoffIsThatOfARunInWhichTheOwnerIsHonest) {
    const Scenario scenario = small_with({group_of(Role::kProvider, "liar", "lazy_guess")});
    const sim::Outcome outcome = compared(scenario);
    ASSERT_EQ(outcome.counterfactuals.size(), 1U);
    const sim::CounterfactualRow& row = outcome.counterfactuals[0];
    EXPECT_EQ(row.label, "liar");

    Scenario honest = scenario;
    honest.actors[1].strategy = "honest";
    const auto other = run_scenario(honest, {});
    ASSERT_TRUE(other);
    const auto payoff = [](const sim::Outcome& run) {
        for (std::size_t i = 0; i < run.principals.size(); ++i) {
            if (run.principals[i].label == "liar") return run.payoffs[i].total_nlux();
        }
        return std::int64_t{-1};
    };
    EXPECT_EQ(row.payoff_nlux, payoff(outcome));
    EXPECT_EQ(row.honest_payoff_nlux, payoff(*other));
    EXPECT_EQ(std::get<std::int64_t>(outcome.metric("cheating_gain")), gain_of(row));
}

TEST(Counterfactual, LiesThatNobodyChecksPayByTheirValue) {
    const sim::Outcome outcome =
        compared(small_with({group_of(Role::kProvider, "liar", "lazy_guess")}));
    EXPECT_GT(gain_of(outcome.counterfactuals.at(0)), 0);
    EXPECT_EQ(std::get<std::int64_t>(outcome.metric("attacker_profitable")), 1);
}

TEST(Counterfactual, LiesThatAreCheckedDoNotPay) {
    const sim::Outcome outcome = compared(small_with(
        {group_of(Role::kProvider, "liar", "lazy_guess"), group_of(Role::kChallenger, "watcher")}));
    EXPECT_LT(gain_of(outcome.counterfactuals.at(0)), 0);
    EXPECT_EQ(std::get<std::int64_t>(outcome.metric("attacker_profitable")), 0);
}

TEST(Counterfactual, EachOwnerIsHonestAloneWhileTheOthersPlayOn) {
    Scenario scenario = small_with({group_of(Role::kProvider, "liar", "lazy_guess"),
                                    group_of(Role::kProvider, "another", "lazy_guess", 2)});
    const auto setting = make_setting(scenario);
    ASSERT_TRUE(setting);
    std::vector<std::string> labels;
    for (const sim::Owner& owner : owners_of(*setting)) {
        if (owner.honest) continue;
        labels.push_back(owner.label);
        const Scenario honest = with_honest(scenario, owner);
        for (std::size_t i = 1; i < honest.actors.size(); ++i) {
            const bool own = honest.actors[i].name == owner.label;
            EXPECT_EQ(honest.actors[i].strategy, own ? "honest" : "lazy_guess");
            EXPECT_EQ(honest.actors[i].count, scenario.actors[i].count);
        }
    }
    EXPECT_THAT(labels, ElementsAre("liar", "another"));
    const sim::Outcome outcome = compared(scenario);
    ASSERT_EQ(outcome.counterfactuals.size(), 2U);
    EXPECT_EQ(outcome.counterfactuals[1].members, 2U);
}

TEST(Counterfactual, AnOwnerOfSeveralGroupsIsOneOwner) {
    Scenario scenario = small_with({group_of(Role::kProvider, "liar", "lazy_guess"),
                                    group_of(Role::kRequester, "customers"),
                                    group_of(Role::kRequester, "dust", "dust_spammer")});
    scenario.actors[1].principal = "ring";
    scenario.actors[3].principal = "ring";
    for (sim::ActorGroup& one : scenario.actors) {
        if (one.role == Role::kRequester) one.stake = lux(100);
    }
    const auto setting = make_setting(scenario);
    ASSERT_TRUE(setting);
    std::vector<sim::Owner> cheats;
    for (const sim::Owner& owner : owners_of(*setting)) {
        if (!owner.honest) cheats.push_back(owner);
    }
    ASSERT_EQ(cheats.size(), 1U);
    EXPECT_EQ(cheats[0].label, "ring");
    EXPECT_EQ(cheats[0].groups.size(), 2U);
    const Scenario honest = with_honest(scenario, cheats[0]);
    EXPECT_EQ(honest.actors[1].strategy, "honest");
    EXPECT_EQ(honest.actors[3].strategy, "absent") << "dust is no work that it needs";
    EXPECT_TRUE(honest.actors[3].parameters.empty());
}

TEST(Counterfactual, CensorshipThatTheOwnerPaysForIsNotBought) {
    Scenario scenario = small_with({group_of(Role::kProvider, "liar", "lazy_guess"),
                                    group_of(Role::kProvider, "other", "lazy_guess")});
    scenario.chain.censorship = sim::CensorshipModel::kBudget;
    scenario.chain.censor_price = lux(1);
    scenario.chain.censor_budget = lux(5);
    scenario.chain.censor_payer = "liar";
    const auto setting = make_setting(scenario);
    ASSERT_TRUE(setting);
    for (const sim::Owner& owner : owners_of(*setting)) {
        if (owner.honest) continue;
        EXPECT_EQ(with_honest(scenario, owner).chain.censorship == sim::CensorshipModel::kNone,
                  owner.label == "liar");
    }
}

TEST(Counterfactual, HonestRunsHaveNone) {
    sim::VectorSink rows;
    RunOptions options;
    options.counterfactual = true;
    const auto outcome = run_scenario(small_with({}), options, rows, {});
    ASSERT_TRUE(outcome);
    EXPECT_TRUE(outcome->counterfactuals.empty());
    EXPECT_TRUE(rows.rows<sim::CounterfactualRow>().empty());
    EXPECT_EQ(std::ranges::count(outcome->metrics, "cheating_gain", &sim::MetricRow::name), 0);
}

TEST(Counterfactual, ItChangesNothingOfTheRunItself) {
    const Scenario scenario = small_with({group_of(Role::kProvider, "liar", "lazy_guess")});
    const auto plain = run_scenario(scenario, {});
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->digest, compared(scenario).digest);
}

TEST(Counterfactual, TheAttackerIsTheOneThatTheScenarioNames) {
    Scenario scenario = small_with({group_of(Role::kProvider, "first", "lazy_guess"),
                                    group_of(Role::kProvider, "second", "lazy_guess")});
    const sim::Outcome by_default = compared(scenario);
    scenario.attacker = "second";
    const sim::Outcome named = compared(scenario);
    const auto gain = [](const sim::Outcome& outcome) {
        return std::get<std::int64_t>(outcome.metric("cheating_gain"));
    };
    EXPECT_EQ(gain(by_default), gain_of(by_default.counterfactuals.at(0)));
    EXPECT_EQ(gain(named), gain_of(named.counterfactuals.at(1)));
    EXPECT_NE(gain(by_default), gain(named));
}

}  // namespace
}  // namespace aivm::scenarios
