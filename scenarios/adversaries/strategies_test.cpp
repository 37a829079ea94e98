// Each strategy's effect in a small world, and what the table says of names and parameters that are not its own.
#include <gmock/gmock.h>

#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/adversaries/test_small.h"
#include "scenarios/run/setting.h"

namespace aivm::scenarios {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Strategies, AmongHonestActorsThereIsNoFraudAndNobodyIsSlashed) {
    const sim::Outcome outcome = run(small());
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_EQ(count(outcome, "tasks"), 30);
    EXPECT_EQ(count(outcome, "n_fraud_posted"), 0);
    EXPECT_EQ(count(outcome, "slash_due"), 0);
}

TEST(Strategies, ALazyGuesserPostsWrongAnswersAndLoses) {
    sim::Scenario s = small();
    s.actors.push_back(group("provider", 2, "lazy_guess"));
    const sim::Outcome outcome = run(s);
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_GT(count(outcome, "n_fraud_posted"), 0);
    EXPECT_EQ(count(outcome, "n_fraud_missed"), 0);
    EXPECT_LT(count(outcome, "attacker_net"), 0);
}

TEST(Strategies, ALazyGuesserThatNeverGuessesIsHonestWork) {
    sim::Scenario s = small();
    s.actors.push_back(group("provider", 2, "lazy_guess", {{"guess_ppm", 0}}));
    EXPECT_EQ(count(run(s), "n_fraud_posted"), 0);
}

TEST(Strategies, WithoutWatchersTheLazyGuesserGetsAwayWithIt) {
    sim::Scenario s = small();
    s.actors = {group("provider", 1), group("provider", 2, "lazy_guess")};
    const sim::Outcome outcome = run(s);
    EXPECT_GT(count(outcome, "n_fraud_missed"), 0);
    EXPECT_GT(count(outcome, "attacker_net"), 0);
    EXPECT_EQ(std::get<double>(outcome.metric("unchecked_share")), 1.0);
}

TEST(Strategies, AFrivolousChallengerPaysForItsAttacksAndHarmsNoHonestProvider) {
    sim::Scenario s = small();
    s.actors.push_back(group("challenger", 1, "frivolous_challenger", {{"attack_ppm", 500'000}}));
    const sim::Outcome outcome = run(s);
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_GT(count(outcome, "grief_attacker_cost"), 0);
    EXPECT_LT(count(outcome, "attacker_net"), 0);
    EXPECT_EQ(count(outcome, "honest_false_slash"), 0);
    EXPECT_EQ(count(outcome, "grief_victim_loss"), 0);
}

TEST(Strategies, CensoringProposersLeaveProofsOutAndAWholeSetOfThemLetsFraudThrough) {
    sim::Scenario s = small();
    s.actors.push_back(group("provider", 2, "lazy_guess"));
    s.actors.push_back(group("validator", 5, "censoring_proposer"));
    const sim::Outcome all = run(s);
    EXPECT_EQ(verdict(all), "clean");
    EXPECT_GT(count(all, "censored_proofs"), 0);
    EXPECT_EQ(count(all, "n_fraud_missed"), count(all, "n_fraud_posted"));
    s.actors.back().parameters = {{"censor_ppm", 0}};
    EXPECT_EQ(count(run(s), "censored_proofs"), 0);
}

TEST(Strategies, UnbondEscapeGetsTheBondOutOnlyWithoutTheObligationRule) {
    sim::Scenario s = small();
    s.workload.tasks = 4;
    s.workload.check_time_ns = 80'000'000'000;  // all four within the window
    s.vm.config.challenge_window_blocks = 100;
    s.vm.policy.unbond_cooldown_blocks = 60;
    s.vm.policy.obligation_rule = false;
    s.actors = {group("provider", 1), group("provider", 3, "unbond_escape"), group("challenger", 2)};
    const sim::Outcome escaped = run(s);
    ASSERT_FALSE(escaped.violations.empty());
    EXPECT_EQ(escaped.violations[0].invariant, "E3");
    EXPECT_THAT(escaped.violations[0].message, HasSubstr("withdrew its bond while"));
    EXPECT_THAT(escaped.violations[0].actors, ElementsAre(HasSubstr("provider[")));
    s.vm.policy.obligation_rule = true;
    const sim::Outcome kept = run(s);
    EXPECT_EQ(verdict(kept), "clean");
    EXPECT_GT(count(kept, "n_fraud_posted"), 0);
    EXPECT_GT(count(kept, "slash_taken"), 0);
    EXPECT_EQ(count(kept, "slash_escape"), 0);
}

TEST(Strategies, EveryRowOfTheTableIsPlayedSomewhereAndItsDefaultsAreInRange) {
    for (const StrategyRow& row : strategies()) {
        EXPECT_EQ(find_strategy(row.name), &row);
        EXPECT_TRUE(row.provider != nullptr || row.challenger != nullptr || row.requester != nullptr ||
                    row.validator != nullptr)
            << row.name;
        EXPECT_FALSE(row.doc.empty());
        for (const StrategyParameter& parameter : row.parameters) {
            EXPECT_LE(parameter.minimum, parameter.default_value) << row.name << "." << parameter.name;
            EXPECT_LE(parameter.default_value, parameter.maximum) << row.name << "." << parameter.name;
        }
    }
}

std::vector<std::string> faults_of(const sim::ActorGroup& one) {
    sim::Scenario s = small();
    s.actors = {one};
    return check_strategies(s);
}

TEST(CheckStrategies, AScenarioInOrderHasNoFaults) { EXPECT_THAT(check_strategies(small()), IsEmpty()); }

TEST(CheckStrategies, AnUnknownNameIsAnsweredWithTheKnownOnes) {
    EXPECT_THAT(
        faults_of(group("provider", 1, "lazy")),
        ElementsAre(AllOf(HasSubstr("provider.lazys: no provider strategy is called 'lazy'; there are honest, "),
                          HasSubstr(", unbond_escape"))));
}

TEST(CheckStrategies, AStrategyOfAnotherRoleIsUnknownInThisOne) {
    EXPECT_THAT(faults_of(group("provider", 1, "always_check")), ElementsAre(HasSubstr("no provider strategy")));
    EXPECT_THAT(faults_of(group("requester", 1, "lazy_guess")), ElementsAre(HasSubstr("no requester strategy")));
}

TEST(CheckStrategies, ParametersAreCheckedByNameAndRangeAllAtOnce) {
    EXPECT_THAT(faults_of(group("provider", 1, "lazy_guess", {{"guess_ppm", 2'000'000}, {"smaple", 3}})),
                ElementsAre("provider.lazy_guesss: guess_ppm = 2000000 is outside 0 to 1000000 ppm",
                            "provider.lazy_guesss: lazy_guess has no parameter 'smaple'"));
}

TEST(CheckStrategies, MakingASettingRefusesWhatTheyRefuseAndUnknownProfiles) {
    sim::Scenario s = small();
    s.actors.push_back(group("provider", 1, "nobody"));
    const auto refused = make_setting(s);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text(), HasSubstr("no provider strategy is called 'nobody'"));
    s = small();
    s.network.latency = "moon";
    EXPECT_THAT(make_setting(s).error().text(), HasSubstr("moon"));
    s = small();
    s.chain.stake = "feudal";
    EXPECT_FALSE(make_setting(s));
}

}  // namespace
}  // namespace aivm::scenarios
