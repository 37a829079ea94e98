// The gains and losses of each adversary outside consensus in the optimistic mode, with the rule
// that stops it and without.
#include <gmock/gmock.h>

#include "scenarios/adversaries/worth.h"
#include "scenarios/testing/test_small.h"

namespace aivm::scenarios {
namespace {

using ::testing::HasSubstr;

sim::ActorGroup owned(sim::ActorGroup group, std::string principal) {
    group.principal = std::move(principal);
    return group;
}

sim::ActorGroup with_stake(sim::ActorGroup group, Amount stake) {
    group.stake = stake;
    return group;
}

// (1 - p) G - p S with G = saved and S = at stake less saved, and the lies that remain.
TEST(CheapAnswer, ItIsWorthWhatItSavesLessWhatItRisks) {
    CheapAnswer answer;
    answer.saved = 100;
    answer.at_stake = 500;
    answer.wrong_ppm = 400'000;
    answer.provable_ppm = 200'000;
    const auto worth = [&](std::uint32_t checked_ppm) {
        return static_cast<std::int64_t>(answer.worth(checked_ppm) / kCertain);
    };
    EXPECT_EQ(worth(0), 100);
    EXPECT_EQ(worth(kCertain), 0) << "it risks a fifth of 500";
    EXPECT_EQ(worth(kCertain / 2), 50);
    answer.lie_value = 10;
    EXPECT_EQ(worth(0), 104);
    EXPECT_EQ(worth(kCertain), 2);
    VmParameters rules;
    EXPECT_EQ(pay_of(rules, lux(20)), lux(19)) << "of two LUX burned, one is minted again";
    rules.policy.mint_cap = MintCap::kUncapped;
    EXPECT_EQ(pay_of(rules, lux(1)), lux(1) - millilux(100) + lux(1));
}

// --- A02 model_downgrade ---

sim::Scenario downgraded(std::int64_t kept_bits) {
    sim::Scenario s = small_economic();
    s.workload.value_at_risk = Amount();  // money alone
    s.workload.steps = 8;
    s.workload.step_cost = millilux(20);
    s.actors = {group("provider", 2, "model_downgrade", {{"kept_bits", kept_bits}})};
    return s;
}

TEST(ModelDowngrade, WithAllBitsItIsTheModel) {
    const sim::Outcome outcome = run(downgraded(8));
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_EQ(count(outcome, "n_fraud_posted"), 0);
}

TEST(ModelDowngrade, ACoarserCopySometimesAgreesAndSavesTheBitsThatItDrops) {
    const sim::Outcome outcome = run(downgraded(5));
    EXPECT_GT(count(outcome, "n_fraud_posted"), 0);
    EXPECT_LT(count(outcome, "n_fraud_posted"), 30);
    // Of the fee and of what the burned tenth mints: 1 LUX each; with five of eight bits it
    // computes five of eight steps.
    EXPECT_EQ(count(outcome, "attacker_net"), 30 * (kLux - 5 * kLux / 50));
}

TEST(ModelDowngrade, AChallengerMakesItLoseMoreThanItSaves) {
    sim::Scenario s = downgraded(5);
    s.actors.push_back(group("provider", 2));
    s.actors.push_back(group("challenger", 1));
    const sim::Outcome outcome = run(s);
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_EQ(count(outcome, "n_fraud_missed"), 0);
    EXPECT_LT(count(outcome, "attacker_net"), 0);
}

// One that believes in checks serves the copy only where the saving outweighs the slashes.
TEST(ModelDowngrade, ItDeviatesOnlyWhereThatPays) {
    sim::Scenario s = downgraded(5);
    s.actors[0].parameters["believed_check_ppm"] = 1'000'000;
    s.actors.push_back(group("challenger", 1));
    EXPECT_EQ(count(run(s), "n_fraud_posted"), 0) << "a bond of 100 LUX for a saving of 0.06";
    s.workload.step_cost = lux(100);
    const sim::Outcome dear = run(s);
    EXPECT_GT(count(dear, "n_fraud_posted"), 0);
    EXPECT_EQ(count(dear, "n_fraud_missed"), 0);
}

// --- A36 noise_gamer ---

TEST(NoiseGamer, ItSkipsWhatTheToleranceHides) {
    sim::Scenario s = small_economic();
    s.workload.value_at_risk = Amount();
    s.workload.steps = 8;
    s.workload.step_cost = millilux(100);
    s.vm.policy.result_bond = lux(2);
    s.actors = {group("provider", 2, "noise_gamer"), group("challenger", 1)};
    const sim::Outcome exact = run(s);
    EXPECT_EQ(count(exact, "n_cheats_posted"), 0);
    EXPECT_EQ(count(exact, "attacker_net"), 30 * (kLux - 8 * kLux / 10));
    s.vm.policy.answer_tolerance = 127;  // hides all but a change of sign between extremes
    const sim::Outcome lenient = run(s);
    EXPECT_EQ(verdict(lenient), "clean");
    EXPECT_GT(count(lenient, "n_cheats_missed"), 0);
    EXPECT_GT(count(lenient, "attacker_net"), count(exact, "attacker_net"));
}

// --- A43 stale_challenger ---

TEST(StaleChallenger, PaysForItsMistakesAndNobodyElseDoes) {
    sim::Scenario s = small_economic();
    s.actors = {group("provider", 3), group("challenger", 1, "stale_challenger")};
    const sim::Outcome outcome = run(s);
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_EQ(count(outcome, "n_fraud_posted"), 0);
    EXPECT_GT(count(outcome, "grief_attacker_cost"), 0);
    EXPECT_EQ(count(outcome, "honest_false_slash"), 0);
    s.actors.back().parameters = {{"stale_ppm", 0}};
    EXPECT_EQ(count(run(s), "grief_attacker_cost"), 0) << "its data is good";
}

// --- A04 lazy_checker ---

sim::Scenario checked_by(std::uint32_t checkers, std::int64_t check_ppm, std::int64_t power_ppm) {
    sim::Scenario s = small_economic();
    s.workload.tasks = 400;
    s.workload.tasks_per_block = 20;
    s.workload.check_cost = millilux(100);
    s.vm.config.max_tasks_per_provider = 1000;
    s.vm.policy.reassignments_max = 0;
    s.vm.policy.result_bond = lux(1);
    // always wrong, with no accomplice to challenge it
    sim::ActorGroup cheats = group("provider", 2, "self_challenger");
    s.actors = {cheats, group("challenger", checkers, "lazy_checker",
                              {{"check_ppm", check_ppm}, {"power_ppm", power_ppm}})};
    return s;
}

TEST(LazyChecker, OneThatNeverChecksMissesAllAndPaysNothing) {
    const sim::Outcome outcome = run(checked_by(2, 0, 1'000'000));
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_EQ(count(outcome, "n_fraud_missed"), 400);
    EXPECT_EQ(number(outcome, "unchecked_share"), 1.0);
    EXPECT_EQ(payoff(outcome, "lazy_checkers").net_nlux, 0);
}

TEST(LazyChecker, OneThatChecksButNeverSeesPaysForNothing) {
    const sim::Outcome outcome = run(checked_by(1, 1'000'000, 0));
    EXPECT_EQ(count(outcome, "n_fraud_missed"), 400);
    EXPECT_EQ(payoff(outcome, "lazy_checkers").net_nlux, -400 * kLux / 10);
}

TEST(LazyChecker, SeveralMissTheShareThatTheoryPredicts) {
    // V01: (1 - 0.3 * 0.9)^4 = 0.284 of 400 results; the range is five standard deviations.
    const sim::Outcome outcome = run(checked_by(4, 300'000, 900'000));
    EXPECT_NEAR(static_cast<double>(count(outcome, "n_fraud_missed")), 0.284 * 400, 45);
}

// --- A13 self_challenger ---

sim::Scenario self_challenged() {
    sim::Scenario s = small_economic();
    s.actors.push_back(owned(group("provider", 1, "self_challenger"), "both"));
    s.actors.push_back(owned(group("challenger", 1, "self_challenger"), "both"));
    return s;
}

TEST(SelfChallenger, ItsFraudCostsItWhatOthersGetAndWhatIsBurned) {
    const sim::Outcome outcome = run(self_challenged());
    EXPECT_EQ(verdict(outcome), "clean");
    const std::int64_t frauds = count(outcome, "n_fraud_posted");
    ASSERT_GT(frauds, 0);
    EXPECT_EQ(count(outcome, "n_fraud_missed"), 0);
    EXPECT_EQ(count(outcome, "attacker_net"), frauds * -60 * kLux);  // of 100 LUX, 40 come back
    EXPECT_EQ(payoff(outcome, "honests").rewards, Amount());         // the watchers come too late
}

TEST(SelfChallenger, WhereEverythingComesBackItIsFree) {
    sim::Scenario s = self_challenged();
    s.vm.policy.challenger_share_bps = 10'000;
    s.vm.policy.requester_share_bps = 0;
    const sim::Outcome outcome = run(s);
    EXPECT_GT(count(outcome, "n_fraud_posted"), 0);
    EXPECT_GT(count(outcome, "reassign_rounds"), 0);
    EXPECT_EQ(count(outcome, "attacker_net"), 0);
}

// --- A56 forced_error ---

sim::Scenario with_forced_errors() {
    sim::Scenario s = small_economic();
    s.vm.config.challenge_window_blocks = 12;
    s.workload.value_at_risk = Amount();
    s.actors = {group("provider", 2),
                owned(group("provider", 2, "forced_error", {{"error_ppm", 500'000}}), "market"),
                owned(group("challenger", 1, "forced_error"), "market")};
    return s;
}

TEST(ForcedError, ItsOwnerProvesWhatNobodyElseFinds) {
    for (const sim::Fidelity fidelity : {sim::Fidelity::kEconomic, sim::Fidelity::kFull}) {
        sim::Scenario s = with_forced_errors();
        s.run.fidelity = fidelity;
        const sim::Outcome outcome = run(s);
        EXPECT_EQ(verdict(outcome), "clean");
        const std::int64_t errors = count(outcome, "n_fraud_posted");
        ASSERT_GT(errors, 0);
        EXPECT_EQ(count(outcome, "n_fraud_missed"), 0);
        EXPECT_EQ(payoff(outcome, "market").rewards, lux(40 * static_cast<std::uint64_t>(errors)));
    }
}

TEST(ForcedError, WhoChecksHasTheJackpotAndTheOwnerComesLast) {
    sim::Scenario s = with_forced_errors();
    s.actors.push_back(group("challenger", 1, "lazy_checker", {{"check_ppm", 1'000'000}}));
    const sim::Outcome outcome = run(s);
    EXPECT_EQ(verdict(outcome), "clean");
    const auto errors = static_cast<std::uint64_t>(count(outcome, "n_fraud_posted"));
    ASSERT_GT(errors, 0U);
    EXPECT_EQ(payoff(outcome, "lazy_checkers").rewards, lux(40 * errors));
    EXPECT_EQ(payoff(outcome, "market").rewards, Amount());
}

// --- attention_auditor, attentive_checker ---

TEST(Attention, WhoDidNotCheckPaysForEveryQuestionAndWhoDidPaysNothing) {
    for (const sim::Fidelity fidelity : {sim::Fidelity::kEconomic, sim::Fidelity::kFull}) {
        sim::Scenario s = small();
        s.run.fidelity = fidelity;
        const sim::ActorGroup idle =
            group("challenger", 1, "attentive_checker", {{"check_ppm", 0}});
        s.actors = {group("provider", 2),
                    owned(group("challenger", 1, "attentive_checker"), "busy"), owned(idle, "idle"),
                    group("challenger", 1, "attention_auditor",
                          {{"ask_ppm", 1'000'000}, {"penalty", kLux}})};
        const sim::Outcome outcome = run(s);
        EXPECT_EQ(verdict(outcome), "clean");
        EXPECT_EQ(payoff(outcome, "busy").net_nlux, 0);
        EXPECT_EQ(payoff(outcome, "idle").net_nlux, -30 * kLux);
        EXPECT_EQ(payoff(outcome, "attention_auditors").bribes, lux(30));
    }
}

TEST(Attention, ItChangesNothingThatWhoChecksAlsoChallenges) {
    sim::Scenario s = small_economic();
    s.actors = {group("provider", 2, "lazy_guess"), group("challenger", 1, "attentive_checker"),
                group("challenger", 1, "attention_auditor")};
    const sim::Outcome outcome = run(s);
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_GT(count(outcome, "n_fraud_posted"), 0);
    EXPECT_EQ(count(outcome, "n_fraud_missed"), 0);
}

// --- A14 challenge_frontrunner ---

sim::Scenario frontrun(bool in_clear, std::uint32_t proposers) {
    sim::Scenario s = small_economic();
    s.workload.tasks = 60;
    s.vm.policy.challenge_in_clear = in_clear;
    // a copy that comes too late would be tried again on the next answer, and lose
    s.vm.policy.reassignments_max = 0;
    s.actors.push_back(group("provider", 2, "lazy_guess"));
    s.actors.push_back(owned(group("challenger", 1, "challenge_frontrunner"), "frontrunner"));
    if (proposers > 0)
        s.actors.push_back(
            owned(group("validator", proposers, "challenge_frontrunner"), "frontrunner"));
    return s;
}

TEST(ChallengeFrontrunner, InTheClearItTakesRewardsWhenItProposes) {
    const sim::Outcome outcome = run(frontrun(true, 1));
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_GT(count(outcome, "n_fraud_posted"), 0);
    EXPECT_EQ(count(outcome, "n_fraud_missed"), 0);
    EXPECT_GT(payoff(outcome, "frontrunner").rewards, Amount());
    EXPECT_GT(payoff(outcome, "frontrunner").net_nlux, 0);
}

TEST(ChallengeFrontrunner, WithoutProposersItComesTooLate) {
    const sim::Outcome outcome = run(frontrun(true, 0));
    EXPECT_GT(count(outcome, "n_fraud_posted"), 0);
    EXPECT_EQ(payoff(outcome, "frontrunner").net_nlux, 0);
}

TEST(ChallengeFrontrunner, CommitmentsLeaveItNothingToCopy) {
    const sim::Outcome outcome = run(frontrun(false, 1));
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_GT(count(outcome, "n_fraud_posted"), 0);
    EXPECT_EQ(count(outcome, "n_fraud_missed"), 0);
    EXPECT_EQ(payoff(outcome, "frontrunner").rewards, Amount());
    EXPECT_LE(payoff(outcome, "frontrunner").net_nlux, 0);
}

// --- A15 checker_briber ---

sim::Scenario bribed(std::uint32_t sellers) {
    sim::Scenario s = small_economic();
    s.workload.value_at_risk = lux(50);
    s.actors = {group("provider", 2),
                group("provider", 1, "checker_briber", {{"bribe", 45 * kLux}}),
                group("challenger", sellers, "bribable_checker")};
    return s;
}

// The briber's final payoff, plus the worth of its lies to it.
std::int64_t with_gain(const sim::Outcome& outcome) {
    return payoff(outcome, "checker_bribers").net_nlux +
           count(outcome, "n_fraud_missed") * 50 * kLux;
}

TEST(CheckerBriber, OneCheckerSellsAndEveryLieStands) {
    const sim::Outcome outcome = run(bribed(1));
    EXPECT_EQ(verdict(outcome), "clean");
    const std::int64_t frauds = count(outcome, "n_fraud_posted");
    ASSERT_GT(frauds, 0);
    EXPECT_EQ(count(outcome, "n_fraud_missed"), frauds);
    EXPECT_EQ(payoff(outcome, "bribable_checkers").bribes.nlux(),
              static_cast<std::uint64_t>(frauds * 45 * kLux));
    EXPECT_EQ(payoff(outcome, "bribable_checkers").net_nlux, frauds * 45 * kLux);
    EXPECT_EQ(payoff(outcome, "checker_bribers").net_nlux, frauds * (kLux - 45 * kLux));
    EXPECT_GT(with_gain(outcome), 0);
}

TEST(CheckerBriber, TwoCheckersCostTwiceAndThatIsMoreThanTheLieIsWorth) {
    const sim::Outcome outcome = run(bribed(2));
    EXPECT_EQ(count(outcome, "n_fraud_missed"), count(outcome, "n_fraud_posted"));
    EXPECT_LT(with_gain(outcome), 0);
}

TEST(CheckerBriber, ARewardAboveTheBribeIsNotSold) {
    sim::Scenario s = bribed(1);
    s.vm.policy.challenger_share_bps = 5000;
    const sim::Outcome outcome = run(s);
    EXPECT_EQ(count(outcome, "n_fraud_missed"), 0);
    EXPECT_EQ(payoff(outcome, "bribable_checkers").bribes, Amount());
    EXPECT_LT(with_gain(outcome), 0);
}

TEST(CheckerBriber, OneHonestCheckerMakesAllBribesWorthless) {
    sim::Scenario s = bribed(1);
    s.actors.push_back(group("challenger", 1));
    const sim::Outcome outcome = run(s);
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_EQ(count(outcome, "n_fraud_missed"), 0);
    EXPECT_EQ(payoff(outcome, "bribable_checkers").bribes, Amount());
}

TEST(CheckerBriber, WhoComesForTheBribeSellsWithoutAnyCheck) {
    sim::Scenario s = bribed(1);
    s.actors.push_back(group("challenger", 2, "bribe_seeker"));
    const sim::Outcome outcome = run(s);
    EXPECT_EQ(verdict(outcome), "clean");
    const std::int64_t frauds = count(outcome, "n_fraud_posted");
    ASSERT_GT(frauds, 0);
    EXPECT_EQ(count(outcome, "n_fraud_missed"), frauds);
    EXPECT_EQ(payoff(outcome, "bribe_seekers").net_nlux, 2 * frauds * 45 * kLux);
    EXPECT_LT(with_gain(outcome), 0);
}

// --- A23 last_block ---

sim::Scenario at_the_edge(std::map<std::string, std::int64_t> provider,
                          std::map<std::string, std::int64_t> challenger) {
    sim::Scenario s = small_economic();
    s.vm.config.task_timeout_ns = 40'000'000'000;
    s.vm.policy.reassignments_max = 1;
    s.actors = {group("provider", 2, "last_block", std::move(provider)),
                group("provider", 2, "lazy_guess"),
                group("challenger", 1, "last_block", std::move(challenger))};
    s.actors.back().name = "latest";
    return s;
}

TEST(LastBlock, InTheLastBlockOfEveryWindowEverythingCounts) {
    const sim::Outcome outcome = run(at_the_edge({}, {}));
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_GT(count(outcome, "n_fraud_posted"), 0);
    EXPECT_EQ(count(outcome, "n_fraud_missed"), 0);
    EXPECT_EQ(payoff(outcome, "last_blocks-0").slashed, Amount());  // nobody is late
    EXPECT_GT(payoff(outcome, "last_blocks").revenue, Amount());
    EXPECT_EQ(payoff(outcome, "latest").cost, Amount());
}

TEST(LastBlock, AnAnswerOneBlockLaterIsSilence) {
    const sim::Outcome outcome = run(at_the_edge({{"answer_late", 1}}, {}));
    EXPECT_EQ(verdict(outcome), "clean");
    const sim::PayoffRow late = payoff(outcome, "last_blocks");
    EXPECT_GT(late.slashed, Amount());
    EXPECT_EQ(late.revenue, Amount());
}

TEST(LastBlock, ACommitmentOneBlockLaterIsRefusedAndCostsNothing) {
    const sim::Outcome outcome = run(at_the_edge({}, {{"commit_late", 1}}));
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_GT(count(outcome, "n_fraud_posted"), 0);
    EXPECT_EQ(count(outcome, "n_fraud_missed"), count(outcome, "n_fraud_posted"));
    EXPECT_EQ(payoff(outcome, "latest").cost, Amount());
}

TEST(LastBlock, ARevealOneBlockLaterCostsTheBond) {
    const sim::Outcome outcome = run(at_the_edge({}, {{"reveal_late", 1}}));
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_EQ(count(outcome, "n_fraud_missed"), count(outcome, "n_fraud_posted"));
    EXPECT_EQ(count(outcome, "grief_victim_loss"), count(outcome, "n_fraud_posted") * 10 * kLux);
}

// --- A24 clock_waiter ---

sim::Scenario slow_games() {
    sim::Scenario s = small_economic();
    s.workload.steps = 8;
    s.workload.step_time_ns = 10'000'000;
    s.workload.check_time_ns = 10'000'000;
    s.vm.policy.dispute_game = DisputeGame::kBisection;
    s.vm.policy.dispute_move_blocks = 4;
    return s;
}

// From posting to finality at most: the window and its block, then a reveal and a game of 1 + 2
// log2(8) moves.
constexpr double kLongestGame = 8 + 1 + 6 + 4 * (1 + 2 * 3);

TEST(ClockWaiter, AsAChallengerItPutsSettlementOffByOneGameAndPaysForIt) {
    sim::Scenario s = slow_games();
    const double undisturbed = number(run(s), "ttf_p99");
    s.actors.push_back(group("challenger", 1, "clock_waiter"));
    const sim::Outcome one = run(s);
    EXPECT_EQ(verdict(one), "clean");
    EXPECT_EQ(count(one, "honest_false_slash"), 0);
    EXPECT_EQ(count(one, "grief_attacker_cost"), 30 * 10 * kLux);
    EXPECT_GT(number(one, "ttf_p99"), undisturbed);
    EXPECT_LE(number(one, "ttf_p99"), undisturbed + 4 * (kLongestGame - 9));
    s.actors.back().count = 3;
    EXPECT_LE(number(run(s), "ttf_p99"), undisturbed + 4 * (kLongestGame - 9));  // side by side
}

TEST(ClockWaiter, AsAProviderItLosesEveryGameThatItDragsOut) {
    sim::Scenario s = slow_games();
    s.actors.push_back(group("provider", 1, "clock_waiter"));
    const sim::Outcome outcome = run(s);
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_GT(count(outcome, "n_fraud_posted"), 0);
    EXPECT_EQ(count(outcome, "n_fraud_missed"), 0);
    EXPECT_LT(count(outcome, "attacker_net"), 0);
}

// --- A26 bond_reuse ---

TEST(BondReuse, ABondBacksAsManyResultsAsItHasSlotsAndEachIsSlashedInFull) {
    sim::Scenario s = small_economic();
    s.workload.tasks = 60;
    s.workload.tasks_per_block = 10;
    sim::ActorGroup reuser =
        with_stake(group("provider", 1, "bond_reuse", {{"burst", 25}}), lux(1000));
    reuser.bond = lux(1000);
    s.actors.push_back(reuser);
    const sim::Outcome outcome = run(s);
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_EQ(count(outcome, "n_fraud_posted"),
              10);  // 1000 LUX are ten slots of 100, whatever the task limit
    EXPECT_EQ(count(outcome, "slash_escape"), 0);
    EXPECT_EQ(count(outcome, "attacker_net"), -1000 * kLux);
}

// --- A27 restaker ---

sim::Scenario restaked(bool obligation_rule) {
    sim::Scenario s = small_economic();
    s.vm.config.challenge_window_blocks = 30;
    s.vm.policy.unbond_cooldown_blocks = 2;
    s.vm.policy.obligation_rule = obligation_rule;
    s.actors = {group("provider", 2), with_stake(group("provider", 1, "restaker"), lux(1000)),
                group("challenger", 2, "last_block")};
    s.actors[1].bond = lux(1000);
    return s;
}

TEST(Restaker, OneStakeStandsBehindSeveralNamesOnlyWithoutTheObligationRule) {
    const sim::Outcome escaped = run(restaked(false));
    ASSERT_FALSE(escaped.violations.empty());
    EXPECT_EQ(escaped.violations[0].invariant, "E3");
    const sim::Outcome kept = run(restaked(true));
    EXPECT_EQ(verdict(kept), "clean");
    EXPECT_GT(count(kept, "n_fraud_posted"), 0);
    EXPECT_EQ(count(kept, "slash_escape"), 0);
    EXPECT_LT(count(kept, "attacker_net"), 0);
}

TEST(Restaker, WhatTheFirstNameOwesIsNotThereWhenItsSlashIsDue) {
    sim::Scenario s = restaked(false);
    s.expected_violations = {"E3", "E13"};
    const sim::Outcome outcome = run(s);
    EXPECT_TRUE(outcome.clean());
    EXPECT_GT(count(outcome, "slash_escape"), 0);
}

// Each name shows evidence of the one machine, so that its lies are used before they are proven.
TEST(Restaker, WithAnAttestedMachineItCollectsUnderEveryName) {
    sim::Scenario s = restaked(false);
    s.expected_violations = {"E3", "E13"};
    s.workload.tasks = 120;
    s.vm.config.verification_mode = VerificationMode::kTee;
    s.vm.config.attestation_timeout_ns = 300'000'000'000;
    s.actors[0].hardware = s.actors[1].hardware = "H100";
    const sim::Outcome outcome = run(s);
    EXPECT_TRUE(outcome.clean());
    // Two results are sold under each name, and a task has its value to lose once.
    EXPECT_GT(count(outcome, "harm_early"), 4 * static_cast<std::int64_t>(lux(50).nlux()));
    EXPECT_GT(count(outcome, "attacker_net"), 0);
}

// --- A30 delay_attacker, A31 restart_griefer ---

TEST(DelayAttacker, ManyDelayAResultNoLongerThanOne) {
    sim::Scenario s = small_economic();
    const double undisturbed = number(run(s), "ttf_p99");
    s.actors.push_back(group("challenger", 1, "delay_attacker"));
    const sim::Outcome one = run(s);
    EXPECT_EQ(verdict(one), "clean");
    EXPECT_EQ(number(one, "ttf_p99"),
              undisturbed + 4 * 6);  // a reveal of six blocks, from the last of the window on
    EXPECT_EQ(count(one, "attacker_net"), -30 * 10 * kLux);
    s.actors.back().count = 5;
    const sim::Outcome five = run(s);
    EXPECT_EQ(number(five, "ttf_p99"), number(one, "ttf_p99"));
    EXPECT_EQ(count(five, "attacker_net"), 5 * count(one, "attacker_net"));
    EXPECT_EQ(count(five, "honest_false_slash"), 0);
}

TEST(DelayAttacker, ThatRevealsPlaysItsGameAsSlowlyAsItMay) {
    sim::Scenario s = slow_games();
    const double undisturbed = number(run(s), "ttf_p99");
    s.actors.push_back(group("challenger", 1, "delay_attacker", {{"reveal", 1}}));
    const sim::Outcome one = run(s);
    EXPECT_EQ(verdict(one), "clean");
    // the reveal; four openings, each at once; three verdicts, each in its last block
    EXPECT_EQ(number(one, "ttf_p99"), undisturbed + 4 * (6 + 4 * 1 + 3 * 4));
    s.actors.back().count = 5;
    EXPECT_EQ(number(run(s), "ttf_p99"), number(one, "ttf_p99"));
}

// A block whose proof lane is full extends every clock by a block, so that no honest move is late.
// A stream of challenges that fills the lane of every block therefore pauses all disputes for as
// long as it is paid for: "window plus one game" bounds the delay only while lanes have room.
TEST(DelayAttacker, ThatFillsEveryProofLaneDelaysForAsLongAsItPays) {
    sim::Scenario s = small_economic();
    s.workload.arrivals = sim::ArrivalLaw::kPoisson;
    s.workload.mean_gap_ns = s.chain.block_interval_ns / 4;
    s.vm.config.max_tasks_per_provider = 1000;
    s.vm.policy.result_bond = lux(1);
    s.actors.push_back(with_stake(group("challenger", 5, "delay_attacker"), lux(20'000)));
    const auto longest = [&](std::uint32_t tasks, std::uint32_t full) {
        s.workload.tasks = tasks;
        s.vm.policy.full_proof_operations = full;
        const sim::Outcome outcome = run(s);
        EXPECT_EQ(verdict(outcome), "clean");
        EXPECT_EQ(count(outcome, "attacker_net"), -50 * kLux * tasks);
        return number(outcome, "ttf_p99");
    };
    const double with_room = longest(100, 1000);
    EXPECT_EQ(longest(200, 1000), with_room);
    const double paused = longest(100, 5);
    EXPECT_GT(paused, 2 * with_room);
    EXPECT_GT(longest(200, 5), 1.5 * paused);
}

TEST(DelayAttacker, CountingOpenChallengesMakesTheFifthCostSixteenTimesTheFirst) {
    sim::Scenario s = small_economic();
    s.vm.policy.challenge_escalation = ChallengeEscalation::kPerOpen;
    s.actors.push_back(with_stake(group("challenger", 5, "delay_attacker"), lux(20'000)));
    EXPECT_EQ(count(run(s), "attacker_net"), 30 * -(10 + 20 + 40 + 80 + 160) * kLux);
}

TEST(RestartGriefer, NoClockStartsAgainAndEveryRoundCostsABondOrByPolicyTwiceTheLast) {
    sim::Scenario s = small_economic();
    s.vm.config.challenge_window_blocks = 30;
    const double undisturbed = number(run(s), "ttf_p99");
    s.actors.push_back(
        with_stake(group("challenger", 1, "restart_griefer", {{"rounds", 4}}), lux(100'000)));
    const sim::Outcome outcome = run(s);
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_EQ(number(outcome, "ttf_p99"), undisturbed);
    EXPECT_EQ(count(outcome, "attacker_net"), 30 * -4 * 10 * kLux);
    s.vm.policy.challenge_escalation = ChallengeEscalation::kPerLost;
    const sim::Outcome doubled = run(s);
    EXPECT_EQ(number(doubled, "ttf_p99"), undisturbed);
    EXPECT_EQ(count(doubled, "attacker_net"), 30 * -(10 + 20 + 40 + 80) * kLux);
}

// --- A32 dust_spammer ---

sim::Scenario spammed(Amount fee_floor, std::int64_t dust) {
    sim::Scenario s = small_economic();
    s.workload.tasks = 60;
    s.workload.check_time_ns = 2'000'000'000;
    s.vm.config.challenge_window_blocks = 40;
    s.vm.policy.fee_floor = fee_floor;
    s.vm.policy.result_bond = lux(10);
    s.vm.config.max_tasks_per_provider = 250;
    sim::ActorGroup customer = with_stake(group("requester", 1), lux(100));
    sim::ActorGroup spammer = with_stake(
        group("requester", 1, "dust_spammer", {{"per_block", 12}, {"count", dust}}), lux(40));
    s.actors = {group("provider", 2), group("provider", 2, "lazy_guess"), group("challenger", 1),
                customer, spammer};
    return s;
}

TEST(DustSpammer, DustHidesFraudFromACheckerAndAFloorDriesItUp) {
    const sim::Outcome quiet = run(spammed(millilux(1), 30));
    const sim::Outcome flooded = run(spammed(millilux(1), 300));
    EXPECT_EQ(verdict(flooded), "clean");
    EXPECT_EQ(count(quiet, "n_fraud_missed"), 0);
    EXPECT_GT(count(flooded, "n_fraud_missed"), 20);
    EXPECT_GT(payoff(flooded, "dust_spammers").net_nlux, -kLux);
    const sim::Outcome dear = run(spammed(lux(1), 300));
    EXPECT_EQ(count(dear, "n_fraud_missed"), 0);
    EXPECT_LT(count(dear, "tasks"), count(flooded, "tasks") / 2);
}

// Its provider lies about the tasks of others only, and only while no check is in time.
TEST(DustSpammer, ItsProviderLiesWhereTheFloodHidesIt) {
    sim::Scenario s = spammed(millilux(1), 600);
    s.workload.value_at_risk = lux(50);
    s.actors[1] = group("provider", 2, "dust_spammer");
    for (sim::ActorGroup& one : s.actors) {
        if (one.strategy == "dust_spammer") one.principal = "ring";
    }
    const sim::Outcome flooded = run(s);
    EXPECT_EQ(verdict(flooded), "clean");
    const std::int64_t lies = count(flooded, "n_fraud_posted");
    EXPECT_GT(lies, 0);
    EXPECT_EQ(count(flooded, "n_fraud_missed"), lies);
    EXPECT_EQ(count(flooded, "harm_final"), lies * 50 * kLux) << "none was about its own dust";
    s.workload.check_time_ns = 100'000'000;
    EXPECT_GT(count(run(s), "n_fraud_posted"), 0) << "it believes in two checks per block";
    s.actors[1].parameters = {{"checks_per_block", 40}};
    EXPECT_EQ(count(run(s), "n_fraud_posted"), 0);
}

// --- A38 compute_time_inflator, A39 wash_trader ---

TEST(ComputeTimeInflator, APaysOnlyWhereTheScheduleBelievesItAndMintingIsUncapped) {
    sim::Scenario s = small_economic();
    s.workload.tasks = 200;
    s.workload.tasks_per_block = 10;
    s.vm.policy.reward_schedule = RewardSchedule::kTiered;
    s.vm.policy.mint_cap = MintCap::kUncapped;
    s.vm.policy.self_reported_compute = true;
    s.actors = {group("provider", 1), group("provider", 1, "compute_time_inflator")};
    const auto mint_per_task = [](const sim::Outcome& outcome) {
        const std::uint64_t revenue = payoff(outcome, "compute_time_inflators").revenue.nlux();
        return std::make_pair(revenue, payoff(outcome, "honests").revenue.nlux());
    };
    const auto [believed, beside] = mint_per_task(run(s));
    s.vm.policy.self_reported_compute = false;
    const auto [registered, same] = mint_per_task(run(s));
    EXPECT_EQ(beside, same);
    // Honest providers get 0.9 of the fee and 1.5 minted for 200 ms; those that report ten seconds
    // get 0.9 and 3.
    EXPECT_EQ(registered % (24 * std::uint64_t{kLux} / 10), 0U);
    EXPECT_EQ(believed, registered / 24 * 39);
    s.vm.policy.self_reported_compute = true;
    s.vm.policy.mint_cap = MintCap::kPerBurn;
    const auto [capped, others] = mint_per_task(run(s));
    EXPECT_EQ(capped, registered / 24 * 10);
}

TEST(WashTrader, BuyingOnesOwnWorkPaysOnlyWhereMintingIsUncapped) {
    sim::Scenario s = small_economic();
    s.workload.tasks = 60;
    sim::ActorGroup own = owned(group("provider", 1), "washer");
    sim::ActorGroup buyer = owned(group("requester", 1, "wash_trader", {{"count", 100}}), "washer");
    s.actors.push_back(own);
    s.actors.push_back(with_stake(group("requester", 1), lux(100)));
    s.actors.push_back(buyer);
    s.vm.policy.mint_cap = MintCap::kUncapped;
    const sim::Outcome uncapped = run(s);
    EXPECT_EQ(verdict(uncapped), "clean");
    EXPECT_GT(payoff(uncapped, "washer").net_nlux, 20 * kLux);
    // Alone on the market it takes back what it pays and what it mints: with the cap that is
    // nothing, less the tenth that was burned for the tasks which are not final yet.
    s.actors = {own, buyer};
    s.vm.policy.mint_cap = MintCap::kPerBurn;
    const sim::Outcome capped = run(s);
    EXPECT_EQ(verdict(capped), "clean");
    EXPECT_LE(payoff(capped, "washer").net_nlux, 0);
    EXPECT_GE(payoff(capped, "washer").net_nlux, -kLux / 100);
}

// --- A40 shield_challenger ---

using enum ChallengeEscalation;

sim::Scenario shielded(ChallengeEscalation escalation, std::uint32_t shields, std::string watchers,
                       Amount watchers_stake = lux(2000), Amount shields_stake = lux(2000)) {
    sim::Scenario s = small_economic();
    s.workload.value_at_risk = Amount();  // money alone
    s.workload.tasks = 10;
    s.workload.tasks_per_block = 1;
    s.vm.policy.challenge_escalation = escalation;
    s.actors = {group("provider", 2), owned(group("provider", 1, "shield_challenger"), "shielded"),
                owned(with_stake(group("challenger", shields, "shield_challenger"), shields_stake),
                      "shielded"),
                with_stake(group("challenger", 2, std::move(watchers)), watchers_stake)};
    return s;
}

constexpr const char* kLate = "last_block";  // when all shields are lost

TEST(ShieldChallenger, HoweverManyTheyKeepNobodyOut) {
    for (const std::uint32_t shields : {1U, 8U, 100U}) {
        for (const char* watchers : {kLate, "honest"}) {
            sim::Scenario s = shielded(kNone, shields, watchers);
            s.workload.tasks = 20;  // so that one is the liar's
            const sim::Outcome outcome = run(s);
            EXPECT_EQ(verdict(outcome), "clean");
            ASSERT_GT(count(outcome, "n_fraud_posted"), 0);
            EXPECT_EQ(count(outcome, "n_fraud_missed"), 0) << shields << " " << watchers;
            EXPECT_LT(count(outcome, "attacker_net"), 0);
            EXPECT_EQ(count(outcome, "honest_false_slash"), 0);
        }
    }
}

TEST(ShieldChallenger, WhereLostOnesDoubleTheBondEightPriceTheHonestOutForFortyLux) {
    const sim::Outcome outcome = run(shielded(kPerLost, 8, kLate));
    EXPECT_EQ(verdict(outcome), "clean");
    const std::int64_t frauds = count(outcome, "n_fraud_posted");
    ASSERT_GT(frauds, 0);
    EXPECT_EQ(count(outcome, "n_fraud_missed"), frauds);
    // Eight bonds of ten, half of them back to its own provider, which is paid for the answer as
    // well.
    EXPECT_EQ(count(outcome, "attacker_net"), frauds * (kLux - 8 * 5 * kLux));
}

TEST(ShieldChallenger, CountingOpenChallengesTheSameShieldCostsMoreThanTheWatcherHas) {
    const sim::Outcome outcome = run(shielded(kPerOpen, 8, kLate, lux(2000), lux(20'000)));
    EXPECT_EQ(verdict(outcome), "clean");
    const std::int64_t frauds = count(outcome, "n_fraud_posted");
    ASSERT_GT(frauds, 0);
    EXPECT_EQ(count(outcome, "attacker_net"), frauds * (kLux - 2550 * kLux / 2));
}

struct Lies {
    std::int64_t posted = 0;
    std::int64_t missed = 0;
};

Lies lies_of(const sim::Scenario& s, std::uint64_t seeds) {
    Lies lies;
    for (RunOptions options; options.seed <= seeds; ++options.seed) {
        const auto outcome = run_scenario(s, options);
        if (!outcome) throw std::runtime_error(outcome.error().text());
        EXPECT_EQ(verdict(*outcome), "clean");
        EXPECT_LT(count(*outcome, "attacker_net"), 0);
        EXPECT_EQ(count(*outcome, "honest_false_slash"), 0);
        lies.posted += count(*outcome, "n_fraud_posted");
        lies.missed += count(*outcome, "n_fraud_missed");
    }
    return lies;
}

// F8: the economic fidelity let every lie pass behind 64 shields, and the full one none.
TEST(ShieldChallenger, F8BothFidelitiesMissTheSameLiesBehindSixtyFour) {
    for (const sim::Fidelity fidelity : {sim::Fidelity::kEconomic, sim::Fidelity::kFull}) {
        sim::Scenario s = shielded(kNone, 64, "honest");
        s.run.fidelity = fidelity;
        const Lies by_default = lies_of(s, 3);
        EXPECT_GT(by_default.posted, 0);
        EXPECT_EQ(by_default.missed, 0) << word(fidelity);
        s.vm.policy.disputes_per_result_max = 64;
        const Lies limited = lies_of(s, 3);
        EXPECT_GT(limited.posted, 0);
        EXPECT_EQ(limited.missed, limited.posted) << word(fidelity);
    }
}

// --- random_operations ---

// Operations of every kind at random, with fees, and wrong reveals of a provider: the VM judges
// each as the reference model does, and none of them harms the work of the others.
TEST(RandomOperations, AreJudgedAsTheRulesSayAndHarmNobody) {
    sim::Scenario s = small_economic();
    s.run.max_time_ns = 20 * 60 * std::uint64_t{1'000'000'000};  // it never stops by itself
    s.vm.config.verification_mode = VerificationMode::kRedundant;
    s.vm.config.redundancy_factor = 2;
    s.vm.policy.redundancy_providers = 3;
    s.actors = {group("provider", 4), group("provider", 1, "random_operations"),
                group("requester", 1), group("requester", 1, "random_operations")};
    RunOptions options;
    options.paranoid = true;
    const auto outcome = run_scenario(s, options);
    ASSERT_TRUE(outcome) << outcome.error().text();
    EXPECT_EQ(verdict(*outcome), "clean");
    EXPECT_GE(count(*outcome, "tasks"), 15) << "the honest requester's share";
    EXPECT_EQ(count(*outcome, "honest_false_slash"), 0);
}

}  // namespace
}  // namespace aivm::scenarios
