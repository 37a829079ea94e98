// Each strategy's effect in a small world, and how the table treats unknown names and parameters.
#include <gmock/gmock.h>

#include <algorithm>
#include <limits>

#include "scenarios/adversaries/check_strategies.h"
#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/file/load.h"
#include "scenarios/run/setting.h"
#include "scenarios/testing/test_small.h"
#include "sim/faults/swarm.h"

namespace aivm::scenarios {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

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
    s.workload.tasks = 8;
    s.workload.check_time_ns =
        40'000'000'000;  // some after the cooldown, and all within the window
    s.vm.config.challenge_window_blocks = 100;
    s.vm.policy.unbond_cooldown_blocks = 60;
    s.vm.policy.obligation_rule = false;
    s.actors = {group("provider", 1), group("provider", 3, "unbond_escape"),
                group("challenger", 2)};
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

// --- The strategies of the redundant and the TEE mode, in the economic fidelity ---

// Rich enough that no bond runs out: it would change who is drawn.
sim::ActorGroup rich(sim::ActorGroup one) {
    one.stake = lux(30'000);
    one.bond = lux(25'000);
    return one;
}

sim::Scenario economic(VerificationMode mode, std::uint32_t honest) {
    sim::Scenario s = small();
    s.run.fidelity = sim::Fidelity::kEconomic;
    s.vm.config.verification_mode = mode;
    s.vm.policy.commit_window_blocks = 4;
    s.vm.policy.reveal_window_blocks = 4;
    s.vm.config.max_tasks_per_provider = 100;
    s.actors = {rich(group("provider", honest)), group("challenger", 1)};
    return s;
}

const sim::PayoffRow& payoff_of(const sim::Outcome& outcome, std::string_view label) {
    const auto found = std::ranges::find(outcome.principals, label, &sim::PrincipalRow::label);
    return outcome.payoffs.at(static_cast<std::size_t>(found - outcome.principals.begin()));
}

TEST(Strategies, AFreeRiderLivesOnOthersAnswersOnlyWhereTheyAreInTheOpen) {
    sim::Scenario s = economic(VerificationMode::kRedundant, 4);
    s.actors.push_back(rich(group("provider", 1, "free_rider")));
    s.vm.policy.commit_reveal = false;
    const sim::Outcome open = run(s);
    EXPECT_EQ(verdict(open), "clean");
    EXPECT_GT(count(open, "attacker_net"), 0);
    EXPECT_EQ(count(open, "slash_due"), 0);
    s.vm.policy.commit_reveal = true;
    const sim::Outcome hidden = run(s);
    EXPECT_EQ(verdict(hidden), "clean");
    EXPECT_LT(count(hidden, "attacker_net"), 0) << "silent on every committee";
}

TEST(Strategies, SilentMembersPayForEverySeatAndMayCostTheQuorum) {
    sim::Scenario s = economic(VerificationMode::kRedundant, 4);
    s.actors.push_back(rich(group("provider", 3, "silent_selected")));
    const sim::Outcome outcome = run(s);
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_GT(count(outcome, "quorum_fail"), 0);
    EXPECT_GE(count(outcome, "reassign_rounds"), count(outcome, "quorum_fail"));
    EXPECT_LT(count(outcome, "attacker_net"), 0);
    s.vm.policy.slash_silent_bps = 0;
    ASSERT_FALSE(run(s).violations.empty());
    EXPECT_EQ(run(s).violations[0].invariant, "E4") << "silence must cost something";
}

TEST(Strategies, ALastRevealerLosesLessWhereWithholdingIsCheap) {
    sim::Scenario s = economic(VerificationMode::kRedundant, 5);
    s.actors.push_back(rich(group("provider", 1, "last_revealer")));
    const sim::Outcome dear = run(s);
    s.vm.policy.slash_unrevealed_bps = 100;
    const sim::Outcome cheap = run(s);
    EXPECT_EQ(verdict(dear), "clean");
    EXPECT_LT(count(dear, "attacker_net"), count(cheap, "attacker_net"));
    EXPECT_EQ(count(dear, "n_fraud_missed"), 0);
}

TEST(Strategies, ColludersCorruptTheCommitteesTheyDecideUnlessSomebodyChecks) {
    sim::Scenario s = economic(VerificationMode::kRedundant, 4);
    s.actors.push_back(rich(group("provider", 3, "quorum_collusion")));
    s.actors.back().shared_principal = true;
    const sim::Outcome checked = run(s);
    EXPECT_EQ(verdict(checked), "clean");
    EXPECT_GT(count(checked, "n_fraud_posted"), 0);
    EXPECT_EQ(count(checked, "n_fraud_missed"), 0);
    EXPECT_LT(count(checked, "attacker_net"), 0);
    std::erase_if(s.actors,
                  [](const sim::ActorGroup& one) { return one.role == sim::Role::kChallenger; });
    const sim::Outcome unchecked = run(s);
    EXPECT_GT(count(unchecked, "n_fraud_missed"), 0);
    EXPECT_GT(count(unchecked, "honest_false_slash"), 0) << "the outvoted were right";
    s.actors.back().shared_principal = false;
    EXPECT_EQ(count(run(s), "n_fraud_posted"), 0) << "strangers do not collude";
}

TEST(Strategies, ACartelOfStrangersAgreesThroughTheSideChannel) {
    sim::Scenario s = economic(VerificationMode::kRedundant, 3);
    s.workload.step_cost = millilux(50);
    s.actors.push_back(rich(group("provider", 4, "cartel")));
    std::erase_if(s.actors,
                  [](const sim::ActorGroup& one) { return one.role == sim::Role::kChallenger; });
    const sim::Outcome outcome = run(s);
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_GT(count(outcome, "n_fraud_missed"), 0);
    EXPECT_GT(count(outcome, "attacker_net"), 0);
    s.actors.back().parameters = {{"believed_check_ppm", 500'000}};
    EXPECT_EQ(count(run(s), "n_fraud_posted"), 0) << "its members cheat only where that pays";
}

TEST(Strategies, SybilsAreDrawnAsOftenAsTheyHaveIdentities) {
    sim::Scenario s = economic(VerificationMode::kOptimistic, 3);
    s.workload.tasks = 360;
    s.actors.push_back(rich(group("provider", 3, "sybil")));
    s.actors.back().shared_principal = true;
    const sim::Outcome outcome = run(s);
    EXPECT_EQ(verdict(outcome), "clean");
    const Amount one = payoff_of(outcome, "honests-0").revenue;
    EXPECT_GT(payoff_of(outcome, "sybils").revenue, one + one);
}

TEST(Strategies, AGrindingProposerDrawsItsOwnProviderMoreOften) {
    sim::Scenario s = economic(VerificationMode::kOptimistic, 3);
    s.workload.tasks = 120;
    s.workload.tasks_per_block = 1;
    // several would submit in the same block, and one draw of several is easily favourable
    s.workload.requesters = 1;
    s.actors[0].name = "others";
    s.actors.push_back(rich(group("provider", 1)));
    s.actors.back().name = "own";
    s.actors.back().principal = "grinder";
    const Amount fair = payoff_of(run(s), "grinder").revenue;
    s.actors.push_back(group("validator", 5, "selection_grinder"));
    s.actors.back().principal = "grinder";
    const sim::Outcome outcome = run(s);
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_GT(payoff_of(outcome, "grinder").revenue, fair + fair)
        << "with all proposers, nearly all work is its own";
}

TEST(Strategies, LateJoinersAreEligibleAtOnce) {
    sim::Scenario s = economic(VerificationMode::kRedundant, 5);
    std::erase_if(s.actors,
                  [](const sim::ActorGroup& one) { return one.role == sim::Role::kChallenger; });
    s.actors.push_back(rich(group("provider", 5, "late_joiner", {{"tasks_seen", 10}})));
    s.actors.back().shared_principal = true;
    const sim::Outcome outcome = run(s);
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_GT(count(outcome, "n_fraud_missed"), 0);
    s.actors.back().parameters = {{"tasks_seen", 1000}};
    EXPECT_EQ(count(run(s), "n_fraud_posted"), 0) << "it never joins";
}

// Two honest providers, five rational ones, and a briber; audited by one challenger or by nobody.
sim::Scenario promised(std::map<std::string, std::int64_t> parameters, bool audited) {
    sim::Scenario s = economic(VerificationMode::kRedundant, 2);
    s.actors.push_back(rich(group("provider", 5, "p_plus_epsilon", std::move(parameters))));
    s.actors.back().name = "rational";
    s.actors.push_back(group("requester", 1));
    s.actors.push_back(group("requester", 1, "p_plus_epsilon"));
    s.actors.back().name = "briber";
    if (!audited) {
        std::erase_if(s.actors, [](const sim::ActorGroup& one) {
            return one.role == sim::Role::kChallenger;
        });
    }
    return s;
}

TEST(Strategies, A16APromiseThatIsBelievedWinsEveryQuorumAndCostsNothing) {
    const sim::Outcome outcome = run(promised({}, false));
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_EQ(count(outcome, "n_fraud_missed"), count(outcome, "tasks"));
    EXPECT_TRUE(payoff_of(outcome, "briber").cost.is_zero());
    const auto tasks = static_cast<std::uint64_t>(count(outcome, "tasks"));
    EXPECT_GE(payoff_of(outcome, "briber").bribes, lux(49 * tasks))
        << "the lies' value, handed over";
    EXPECT_TRUE(payoff_of(outcome, "rational-0").slashed.is_zero());
    EXPECT_GT(count(outcome, "honest_false_slash"), 0);
}

TEST(Strategies, A16WithoutTrustItIsACoordinationGame) {
    const auto lies = [](std::int64_t believed_ppm) {
        const sim::Outcome outcome =
            run(promised({{"trust_ppm", 0}, {"believed_ppm", believed_ppm}}, false));
        return count(outcome, "n_fraud_posted");
    };
    EXPECT_EQ(lies(0), 0);
    EXPECT_EQ(lies(450'000), 0);
    EXPECT_GT(lies(550'000), 0);
    EXPECT_EQ(
        count(run(promised({{"audit_ppm", 900'000}, {"trust_ppm", 0}, {"believed_ppm", 1'000'000}},
                           false)),
              "n_fraud_posted"),
        0)
        << "it expects an audit";
}

TEST(Strategies, A16AnAuditedLieCostsTheBriberWhatItsVotersLost) {
    sim::Scenario s = promised({}, true);
    const sim::Outcome outcome = run(s);
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_EQ(count(outcome, "n_fraud_missed"), 0);
    EXPECT_GT(payoff_of(outcome, "briber").cost, payoff_of(outcome, "rational-0").slashed);
    EXPECT_GT(payoff_of(outcome, "rational-0").net_nlux, 0) << "the bribe covers the slash";
    s.actors.back().parameters = {{"deposit", 1}};
    EXPECT_EQ(count(run(s), "n_fraud_posted"), 0) << "it cannot promise its epsilon";
}

sim::ActorGroup attested(sim::ActorGroup one) {
    one.hardware = "H100";
    return rich(std::move(one));
}

// The machine is worth 70 points, and 90 are needed for early use.
sim::Scenario farmed(std::uint32_t points_per_answer) {
    sim::Scenario s = economic(VerificationMode::kTee, 1);
    s.actors[0].hardware = "TDX";
    s.actors.push_back(attested(group("provider", 1, "trust_farmer")));
    s.actors.back().hardware = "TDX";
    s.workload.tasks = 60;
    s.vm.config.min_trust_score = 90;
    s.vm.config.attestation_timeout_ns = 300'000'000'000;
    s.vm.policy.trust_from_history = points_per_answer;
    return s;
}

TEST(Strategies, A33AFarmedScoreLetsALieDoItsHarmBeforeTheBondPays) {
    const sim::Outcome outcome = run(farmed(10));
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_GT(count(outcome, "n_fraud_posted"), 0);
    EXPECT_EQ(count(outcome, "n_fraud_missed"), 0) << "each lie is proven";
    EXPECT_EQ(count(outcome, "harm_early"), count(outcome, "n_fraud_posted") * lux(50).nlux());
    EXPECT_EQ(count(outcome, "slash_taken"), count(outcome, "n_fraud_posted") * lux(100).nlux());
}

TEST(Strategies, A33WithoutAScoreForAnswersThereIsNothingToFarm) {
    EXPECT_EQ(count(run(farmed(0)), "n_fraud_posted"), 0);
}

TEST(Strategies, AKeyThiefIsUsedEarlyAndCaughtOnlyByAudits) {
    sim::Scenario s = economic(VerificationMode::kTee, 1);
    s.actors[0].hardware = "H100";
    s.actors.push_back(rich(group("provider", 1, "tee_key_thief")));
    const sim::Outcome audited = run(s);
    EXPECT_EQ(verdict(audited), "clean");
    EXPECT_EQ(count(audited, "n_fraud_missed"), 0);
    s.actors[1] = group("challenger", 1, "threshold_check", {{"full_mlux", 1'000'000'000}});
    const sim::Outcome unaudited = run(s);
    EXPECT_GT(count(unaudited, "n_fraud_missed"), 0);
    EXPECT_GT(count(unaudited, "attacker_net"), 0);
    EXPECT_LT(std::get<double>(unaudited.metric("ttu_mean")),
              std::get<double>(unaudited.metric("ttf_mean")) / 2);
}

TEST(Strategies, AReplayedQuoteAllowsNoEarlyUseOnceItIsStale) {
    sim::Scenario s = economic(VerificationMode::kTee, 1);
    s.vm.config.attestation_timeout_ns = 20'000'000'000;
    s.workload.tasks_per_block = 1;
    s.actors[0] = attested(group("provider", 1));
    const double honest = std::get<double>(run(s).metric("ttu_mean"));
    s.actors[0] = attested(group("provider", 1, "stale_attester", {{"cheat_ppm", 0}}));
    const sim::Outcome stale = run(s);
    EXPECT_EQ(verdict(stale), "clean");
    EXPECT_GT(std::get<double>(stale.metric("ttu_mean")), 2 * honest);
}

TEST(Strategies, LiesUnderAStaleQuoteDoTheirHarmUntilItIsTooOld) {
    sim::Scenario s = economic(VerificationMode::kTee, 1);
    s.vm.config.attestation_timeout_ns = 40'000'000'000;
    s.workload.tasks_per_block = 1;
    s.actors = {attested(group("provider", 1, "stale_attester"))};
    const std::int64_t with_short = count(run(s), "harm_early");
    EXPECT_GT(with_short, 0);
    s.vm.config.attestation_timeout_ns = 80'000'000'000;
    const sim::Outcome outcome = run(s);
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_GT(count(outcome, "harm_early"), with_short);
    EXPECT_EQ(count(outcome, "harm_final"), 0) << "the lies were used before they were final";
    EXPECT_LT(count(outcome, "n_fraud_posted"), 30) << "it lies only while the quote counts";
    s.actors[0].parameters = {{"revoked_at", 3'600'000'000'000}};
    EXPECT_EQ(count(run(s), "n_fraud_posted"), 0);
}

// F6: renewals took a slot each, and early use ended when the table of 1024 was full.
TEST(Strategies, F6ThousandsOfHonestRenewalsLeaveEveryResultUsableEarly) {
    sim::Scenario s = economic(VerificationMode::kTee, 1);
    s.actors[0] = attested(group("provider", 10));
    s.vm.config.attestation_timeout_ns = 8'000'000'000;  // renewed every other block of 2 s
    s.workload.tasks_per_block = 4;
    s.workload.fee = millilux(100);
    s.workload.tasks = 200;
    const double short_run = std::get<double>(run(s).metric("ttu_mean"));
    s.workload.tasks = 2400;
    const sim::Outcome outcome = run(s);
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_NEAR(std::get<double>(outcome.metric("ttu_mean")), short_run, short_run / 4);
    EXPECT_LT(2 * short_run, std::get<double>(outcome.metric("ttf_mean")));
}

TEST(Strategies, ACommitteeSlashesNoiseThatIsNotMeant) {
    sim::Scenario s = economic(VerificationMode::kRedundant, 5);
    s.actors.push_back(rich(group("provider", 1, "nondeterministic", {{"error_ppm", 300'000}})));
    s.actors.back().name = "noisy";
    const sim::Outcome outcome = run(s);
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_FALSE(payoff_of(outcome, "noisy").slashed.is_zero());
    EXPECT_TRUE(payoff_of(outcome, "honests-0").slashed.is_zero());
}

TEST(Strategies, ASlowProviderDelaysAndACrashFaultyOneIsReplaced) {
    sim::Scenario s = economic(VerificationMode::kOptimistic, 1);
    const double quick = std::get<double>(run(s).metric("ttf_mean"));
    s.actors[0] = rich(group("provider", 1, "slow", {{"factor", 20}}));
    EXPECT_GT(std::get<double>(run(s).metric("ttf_mean")), quick);
    s.actors[0] = rich(group("provider", 2, "crash_faulty", {{"silent_ppm", 300'000}}));
    const sim::Outcome faulty = run(s);
    EXPECT_EQ(verdict(faulty), "clean");
    EXPECT_GT(count(faulty, "reassign_rounds"), 0);
    EXPECT_EQ(count(faulty, "n_fraud_posted"), 0);
    EXPECT_GT(count(faulty, "slash_taken"), 0);
    EXPECT_EQ(count(faulty, "honest_false_slash"), 0) << "it sent nothing";
}

TEST(Strategies, AThresholdCheckerLooksAtAllThatIsDearAndAtAShareOfTheRest) {
    sim::Scenario s = economic(VerificationMode::kOptimistic, 2);
    s.actors[1] = group("challenger", 1, "threshold_check", {{"full_mlux", 1000}});
    EXPECT_EQ(std::get<double>(run(s).metric("unchecked_share")), 0.0)
        << "a fee of 1 LUX is the threshold";
    s.actors[1].parameters = {{"full_mlux", 2000}};
    const double half = std::get<double>(run(s).metric("unchecked_share"));
    EXPECT_GT(half, 0.0);
    EXPECT_LT(half, 1.0);
}

// Two honest providers, one that lies and buys silence, two checkers, and validators who all sell.
sim::Scenario silence_for_sale(const std::string& strategy, std::int64_t budget_lux,
                               std::int64_t bid_ppm = 0) {
    sim::Scenario s = small();
    s.run.fidelity = sim::Fidelity::kEconomic;
    s.vm.config.challenge_window_blocks = 30;
    if (bid_ppm > 0)
        s.actors[1] = group("challenger", 2, "bidding_checker", {{"bid_ppm", bid_ppm}});
    s.actors.push_back(
        group("provider", 1, strategy,
              {{"budget", budget_lux * 1'000'000'000}, {"batch", 4}, {"believed_bids_ppm", 0}}));
    s.actors.push_back(group("validator", 5, strategy));
    s.actors.back().name = "sellers";
    return s;
}

std::uint64_t bribes(const sim::Outcome& outcome) {
    std::uint64_t sum = 0;
    for (const auto& payoff : outcome.payoffs) sum += payoff.bribes.nlux();
    return sum;
}

TEST(Strategies, A18AnEconomicCensorGetsAwayWithItAsLongAsItsPurseLasts) {
    const sim::Outcome rich = run(silence_for_sale("economic_censor", 1'000'000));
    EXPECT_EQ(verdict(rich), "clean");
    EXPECT_GT(count(rich, "n_fraud_posted"), 0);
    EXPECT_EQ(count(rich, "n_fraud_missed"), count(rich, "n_fraud_posted"));
    EXPECT_GE(bribes(rich), 30'000'000'000U) << "a whole window, block by block";
    const sim::Outcome poor = run(silence_for_sale("economic_censor", 3));
    EXPECT_EQ(count(poor, "n_fraud_missed"), 0);
    EXPECT_EQ(bribes(poor), 3'000'000'000U);
}

TEST(Strategies, A18OneWindowServesAllLiesOfABatch) {
    const sim::Outcome outcome = run(silence_for_sale("economic_censor", 1'000'000));
    const auto lies = static_cast<std::uint64_t>(count(outcome, "n_fraud_posted"));
    EXPECT_GE(lies, 4U);
    EXPECT_LT(bribes(outcome), lies * 30'000'000'000U / 2);
}

TEST(Strategies, A18BiddersRaiseThePriceOfSilenceToTheirRewards) {
    const sim::Outcome free = run(silence_for_sale("economic_censor", 1'000'000));
    const sim::Outcome contested = run(silence_for_sale("economic_censor", 1'000'000, 500'000));
    EXPECT_EQ(count(contested, "n_fraud_missed"), count(contested, "n_fraud_posted"));
    // two bids of 20 LUX for each lie, in each of 30 blocks
    EXPECT_EQ(bribes(contested), static_cast<std::uint64_t>(count(contested, "n_fraud_posted")) *
                                     30 * 40 * 1'000'000'000U);
    EXPECT_LT(bribes(free), bribes(contested));
    // Outbid, it is caught, and those who won the auction pay what it was ready to pay.
    sim::Scenario s = silence_for_sale("economic_censor", 1'000'000, 500'000);
    s.actors[2].parameters["limit"] = 100'000'000'000;
    const sim::Outcome outbid = run(s);
    EXPECT_EQ(count(outbid, "n_fraud_missed"), 0);
    EXPECT_GT(bribes(outbid), 0U);
    EXPECT_GT(payoff_of(outbid, "bidding_checkers-0").cost, lux(1));
}

TEST(Strategies, A18ARationalCensorDoesNotLieWhereTheWindowCostsMoreThanALie) {
    sim::Scenario s = silence_for_sale("economic_censor", 1'000'000, 500'000);
    s.actors[2].parameters["believed_bids_ppm"] = 1'000'000;
    EXPECT_EQ(count(run(s), "n_fraud_posted"), 0) << "30 blocks of 40 LUX against 50 LUX";
    s.actors[2].parameters["value"] = 1'201'000'000'000;
    EXPECT_GT(count(run(s), "n_fraud_posted"), 0);
}

TEST(Strategies, A20ABudgetSplitterPaysLessAndTheCheckersPayToo) {
    const sim::Outcome all = run(silence_for_sale("economic_censor", 1'000'000));
    const sim::Outcome split = run(silence_for_sale("budget_splitter", 1'000'000));
    EXPECT_EQ(verdict(split), "clean");
    EXPECT_GT(count(split, "n_fraud_posted"), 0);
    EXPECT_EQ(count(split, "n_fraud_missed"), count(split, "n_fraud_posted"));
    EXPECT_LT(bribes(split), bribes(all));
    EXPECT_GT(count(split, "slash_taken"), count(all, "slash_taken"))
        << "challenges that could not be revealed";
}

TEST(Strategies, A21FraudInAnOutageOutlivesAShortWindowAndNotALongOne) {
    for (const std::uint64_t window : {2U, 200U}) {
        sim::Scenario s = small();
        s.run.fidelity = sim::Fidelity::kEconomic;
        s.chain.censorship = sim::CensorshipModel::kPartition;
        s.vm.config.challenge_window_blocks = window;
        s.workload.tasks = 200;  // enough for some lies, each with an outage of its own
        s.actors.push_back(group("provider", 2, "partition_timed_fraud", {{"cheat_ppm", 50'000}}));
        const sim::Outcome outcome = run(s);
        EXPECT_EQ(verdict(outcome), "clean");
        EXPECT_GT(count(outcome, "n_fraud_posted"), 0);
        if (window == 2) {
            EXPECT_GT(2 * count(outcome, "n_fraud_missed"), count(outcome, "n_fraud_posted"));
        } else {
            EXPECT_EQ(count(outcome, "n_fraud_missed"), 0);
        }
    }
}

TEST(Strategies, A22AnEclipseOfAllCheckersIsWhatLetsFraudThrough) {
    for (const std::int64_t victims : {1, 2}) {
        sim::Scenario s = small();
        s.actors.push_back(group("provider", 1, "eclipse"));
        s.actors.back().name = "liar";
        s.actors.push_back(group("validator", 5, "eclipse", {{"victims", victims}}));
        const sim::Outcome outcome = run(s);
        EXPECT_EQ(verdict(outcome), "clean");
        EXPECT_GT(count(outcome, "n_fraud_posted"), 0);
        EXPECT_EQ(count(outcome, "n_fraud_missed"),
                  victims == 1 ? 0 : count(outcome, "n_fraud_posted"));
    }
}

sim::Scenario orphaned(std::uint32_t attackers, std::int64_t response_blocks) {
    sim::Scenario s = small();
    s.actors.push_back(group("provider", 1, "orphaning_majority"));
    s.actors.back().name = "liar";
    s.actors.push_back(group("validator", attackers, "orphaning_majority",
                             {{"response_blocks", response_blocks}}));
    for (std::size_t i = 2; i < 4; ++i) s.actors[i].principal = "ring";
    s.workload.tasks = 20;
    return s;
}

TEST(Strategies, A19AMajorityThatOrphansBlocksWithProofsLetsFraudThroughAndAMinorityDoesNot) {
    for (const std::uint32_t attackers : {1U, 4U}) {
        const sim::Outcome outcome = run(orphaned(attackers, 0));
        EXPECT_EQ(verdict(outcome), "clean");
        EXPECT_GT(count(outcome, "n_fraud_posted"), 0);
        EXPECT_EQ(count(outcome, "n_fraud_missed"),
                  attackers == 1 ? 0 : count(outcome, "n_fraud_posted"));
    }
}

// The response is to the first block that is orphaned, so it waits until the honest validator, one
// of five, has the turn to propose one: before that the ring only leaves proofs out of its own
// blocks, which nobody outside can tell from idle challengers. From then on the rule is sharp: a
// lie stands if its window closed before the attack ended, and every other one is proven.
TEST(Strategies, A19ASocialResponseCatchesExactlyTheLiesWhoseWindowIsStillOpen) {
    std::int64_t caught = 0;
    std::int64_t missed = 0;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        const sim::Scenario s = orphaned(4, 3);
        sim::VectorSink rows;
        RunOptions options;
        options.seed = seed;
        ASSERT_TRUE(run_scenario(s, options, rows, {}));
        Height ended = std::numeric_limits<Height>::max();  // the first block with a proof
        for (const sim::ChallengeRow& challenge : rows.rows<sim::ChallengeRow>()) {
            const auto& included = challenge.included_block;
            if (included) ended = std::min(ended, *included);
        }
        for (const sim::ResultRow& result : rows.rows<sim::ResultRow>()) {
            if (result.correct) continue;
            const bool stands = !result.paid->is_zero();
            EXPECT_EQ(stands, *result.reveal_block + s.vm.config.challenge_window_blocks < ended)
                << "seed " << seed << ", block " << *result.reveal_block;
            (stands ? missed : caught) += 1;
        }
    }
    EXPECT_GT(caught, 0);
    EXPECT_GT(missed, 0);
}

TEST(Strategies, A28AnEquivocatorIsReportedAndLosesStakeEverySlot) {
    sim::Scenario s = small();
    s.actors.push_back(group("validator", 1, "equivocator"));
    const sim::Outcome outcome = run(s);
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_EQ(count(outcome, "n_fraud_posted"), 0);
    EXPECT_GT(count(outcome, "slash_taken"), 0);
    EXPECT_LT(count(outcome, "attacker_net"), -500'000'000'000)
        << "half a stake of 2000 LUX, at least once";
    s.actors.back().parameters = {{"share_ppm", 0}};
    EXPECT_EQ(count(run(s), "slash_taken"), 0);
}

TEST(Strategies, A28WhoeverVotesTwiceUnderBftIsFoundByTheCertificatesOfBlocks) {
    for (const auto engine : {sim::ConsensusKind::kBft, sim::ConsensusKind::kHotstuff}) {
        sim::Scenario s = small();
        s.chain.consensus = engine;
        s.actors.push_back(group("validator", 1, "equivocator"));
        const sim::Outcome outcome = run(s);
        EXPECT_EQ(verdict(outcome), "clean") << word(engine);
        EXPECT_GT(count(outcome, "slash_taken"), 0) << word(engine);
        s.actors.back().parameters = {{"share_ppm", 0}};
        EXPECT_EQ(count(run(s), "slash_taken"), 0) << word(engine);
    }
}

// An equivocator that splits the votes of nine validators, and four who play this. Parameters with
// which the honest ones just about agree in the end.
std::vector<sim::Outcome> split_votes(const std::string& strategy) {
    sim::Scenario s = small();
    s.chain.validators = 9;
    s.chain.k = 4;
    s.chain.alpha_preference = 3;
    s.chain.alpha_confidence = 3;
    s.chain.beta = 3;
    s.chain.concurrent_polls = 1;
    s.workload.tasks = 12;
    s.actors.push_back(group("validator", 1, "equivocator"));
    s.actors.push_back(group("validator", 4, strategy));
    std::vector<sim::Outcome> out;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        RunOptions options;
        options.seed = seed;
        auto outcome = run_scenario(s, options);
        EXPECT_TRUE(outcome) << outcome.error().text();
        if (outcome) out.push_back(std::move(*outcome));
    }
    return out;
}

std::size_t disagreements(const std::vector<sim::Outcome>& outcomes) {
    return static_cast<std::size_t>(
        std::ranges::count_if(outcomes, [](const sim::Outcome& outcome) {
            return std::ranges::find(outcome.violations, "S1", &sim::Violation::invariant) !=
                   outcome.violations.end();
        }));
}

std::int64_t messages(const std::vector<sim::Outcome>& outcomes) {
    std::int64_t sum = 0;
    for (const sim::Outcome& outcome : outcomes) sum += count(outcome, "messages");
    return sum;
}

TEST(Strategies, A29WhoVotesForEveryBranchMakesBothSidesOfASplitBelieveThatTheyHaveWon) {
    EXPECT_EQ(disagreements(split_votes("honest")), 0U);
    EXPECT_GE(disagreements(split_votes("nothing_at_stake")), 1U);
}

TEST(Strategies, A37WhoVotesForTheMinorityKeepsASplitAliveWhichCostsPollsAndNoAgreement) {
    const auto honest = split_votes("honest");
    const auto kept = split_votes("minority_keeper");
    EXPECT_EQ(disagreements(kept), 0U);
    EXPECT_GT(messages(kept), messages(honest) * 5 / 4);
}

// Twenty validators of a deployed network's parameters, of which some break the protocol.
sim::Scenario twenty(std::uint32_t byzantine, const std::string& strategy,
                     std::map<std::string, std::int64_t> parameters = {}) {
    sim::Scenario s = small();
    s.chain.validators = 20;
    s.chain.preset = sim::SnowPresetName::kAvalancheMainnet;
    sim::apply_preset(s.chain);
    s.workload.tasks = 8;
    s.actors.push_back(group("validator", byzantine, strategy, std::move(parameters)));
    return s;
}

TEST(Strategies, A50NobodyFollowsAFrontierThatDoesNotExist) {
    const sim::Outcome honest = run(twenty(2, "honest"));
    const sim::Outcome lied = run(twenty(2, "frontier_liar"));
    EXPECT_EQ(verdict(lied), "clean");
    EXPECT_EQ(count(lied, "tasks"), 8);
    EXPECT_NE(lied.digest, honest.digest);
    EXPECT_LE(lied.virtual_time, honest.virtual_time + 20 * sim::kSecond);
}

TEST(Strategies, LateAnswersSlowPollsDownOnlyWhereTheyAreNeeded) {
    const sim::Outcome honest = run(twenty(2, "honest"));
    const sim::Outcome few = run(twenty(2, "late_answers"));
    const sim::Outcome many = run(twenty(6, "late_answers"));
    EXPECT_EQ(verdict(few), "clean");
    EXPECT_EQ(verdict(many), "clean");
    // Every poll and answer is a message, and the next poll begins when one has ended.
    EXPECT_GT(count(few, "messages"), count(honest, "messages") * 9 / 10);
    EXPECT_LT(count(many, "messages"), count(honest, "messages") * 9 / 10);
}

TEST(Strategies, SilentValidatorsCostTheOthersTimeAndNoDecision) {
    const sim::Outcome honest = run(twenty(4, "honest"));
    const sim::Outcome few = run(twenty(2, "silent_validator"));
    const sim::Outcome many = run(twenty(4, "silent_validator"));
    for (const sim::Outcome* each : {&few, &many}) {
        EXPECT_EQ(verdict(*each), "clean");
        EXPECT_EQ(count(*each, "tasks"), 8);
        EXPECT_EQ(count(*each, "slash_taken"), 0);
    }
    EXPECT_NE(few.digest, honest.digest);
    EXPECT_GT(many.virtual_time, honest.virtual_time * 3 / 2) << "polls wait for time-outs";
}

TEST(Strategies, AQuorumOfSignedVotesNeedsNoSilentValidator) {
    for (const auto engine : {sim::ConsensusKind::kBft, sim::ConsensusKind::kHotstuff}) {
        sim::Scenario s = small();
        s.chain.consensus = engine;
        s.chain.validators = 7;
        s.workload.tasks = 8;
        s.actors.push_back(group("validator", 2, "silent_validator"));
        const sim::Outcome outcome = run(s);
        EXPECT_EQ(verdict(outcome), "clean") << word(engine);
        EXPECT_EQ(count(outcome, "tasks"), 8) << word(engine);
        s.actors.back().strategy = "honest";
        EXPECT_NE(run(s).digest, outcome.digest) << word(engine);
    }
}

TEST(Strategies, DamagedMessagesAreDroppedOrOutvoted) {
    for (const std::int64_t share_ppm : {300'000, 1'000'000}) {
        const sim::Outcome outcome = run(twenty(2, "malformed_bytes", {{"share_ppm", share_ppm}}));
        EXPECT_EQ(verdict(outcome), "clean");
        EXPECT_EQ(count(outcome, "tasks"), 8);
    }
    const sim::Outcome none = run(twenty(2, "malformed_bytes", {{"share_ppm", 0}}));
    EXPECT_EQ(none.digest, run(twenty(2, "honest")).digest);
}

TEST(Strategies, A51AnIdentityThatRunsTwiceIsReportedAndLosesStakeEverySlot) {
    sim::Scenario s = twenty(1, "twin");
    s.chain.validators = 7;
    s.workload.tasks = 30;
    std::int64_t slashed = 0;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        RunOptions options;
        options.seed = seed;
        const auto outcome = run_scenario(s, options);
        ASSERT_TRUE(outcome) << outcome.error().text();
        EXPECT_EQ(verdict(*outcome), "clean") << seed;
        EXPECT_EQ(count(*outcome, "honest_false_slash"), 0) << seed;
        slashed += count(*outcome, "slash_taken");
    }
    EXPECT_GE(slashed, 1'000'000'000'000) << "half a stake of 2000 LUX, at least once";
}

TEST(Strategies, EveryRowOfTheTableIsPlayedSomewhereAndItsDefaultsAreInRange) {
    for (const StrategyRow* each : strategies()) {
        const StrategyRow& row = *each;
        EXPECT_EQ(find_strategy(row.name), &row);
        EXPECT_TRUE(row.provider != nullptr || row.challenger != nullptr ||
                    row.requester != nullptr || row.validator != nullptr)
            << row.name;
        EXPECT_FALSE(row.doc.empty());
        for (const StrategyParameter& parameter : row.parameters) {
            EXPECT_LE(parameter.minimum, parameter.default_value)
                << row.name << "." << parameter.name;
            EXPECT_LE(parameter.default_value, parameter.maximum)
                << row.name << "." << parameter.name;
        }
    }
}

std::vector<sim::ScenarioProblem> problems_of(const sim::ActorGroup& one) {
    sim::Scenario s = small();
    s.actors = {one};
    return check_strategies(s);
}

TEST(CheckStrategies, AScenarioInOrderHasNoProblems) {
    EXPECT_THAT(check_strategies(small()), IsEmpty());
}

TEST(CheckStrategies, AnUnknownNameIsAnsweredWithTheNearestOrWithAllOfItsRole) {
    const auto near = problems_of(group("provider", 1, "lazzy_guess"));
    ASSERT_EQ(near.size(), 1U);
    EXPECT_EQ(near[0].message, "no provider strategy is called \"lazzy_guess\"");
    EXPECT_EQ(near[0].remedy, "did you mean \"lazy_guess\"?");
    const auto far = problems_of(group("provider", 1, "xyz"));
    ASSERT_EQ(far.size(), 1U);
    EXPECT_THAT(far[0].remedy,
                AllOf(StartsWith("one of honest, "), Not(HasSubstr("always_check"))));
    EXPECT_EQ(problem_text(near[0]),
              "provider.lazzy_guesss.strategy: no provider strategy is called \"lazzy_guess\"; did "
              "you mean \"lazy_guess\"?");
}

TEST(CheckStrategies, AStrategyOfAnotherRoleIsUnknownInThisOne) {
    EXPECT_THAT(problems_of(group("provider", 1, "always_check")),
                ElementsAre(Field(&sim::ScenarioProblem::message,
                                  "no provider strategy is called \"always_check\"")));
    EXPECT_THAT(problems_of(group("requester", 1, "lazy_guess")),
                ElementsAre(Field(&sim::ScenarioProblem::message,
                                  "no requester strategy is called \"lazy_guess\"")));
}

TEST(CheckStrategies, ParametersAreCheckedByNameAndRangeAllAtOnceEachAtItsOwnKey) {
    const std::string group_name = "provider.lazy_guesss.parameters.";
    const auto problems = problems_of(
        group("provider", 1, "lazy_guess", {{"guess_ppm", 2'000'000}, {"guess_pm", 3}}));
    ASSERT_EQ(problems.size(), 2U);
    EXPECT_EQ(problems[0].keys.front(), group_name + "guess_pm");
    EXPECT_EQ(problems[0].message, "lazy_guess has no parameter \"guess_pm\"");
    EXPECT_EQ(problems[0].remedy, "did you mean \"guess_ppm\"?");
    EXPECT_EQ(problems[1].keys.front(), group_name + "guess_ppm");
    EXPECT_EQ(problems[1].message, "guess_ppm = 2000000 is outside 0 to 1000000 ppm");
    EXPECT_EQ(problems[1].remedy, "aivmsim explain lazy_guess lists its parameters");
}

// Where a file writes a parameter, the error stands there, in a table of its own line or not.
TEST(CheckStrategies, TheErrorStandsWhereTheFileWritesTheParameter) {
    const auto error_of = [](const std::string& parameters) {
        const auto loaded = load_scenario_text(
            "name = \"t\"\n[[provider]]\nname = \"p\"\nstrategy = \"lazy_guess\"\n" + parameters,
            "t.toml", {}, check_strategies);
        return loaded ? "none" : to_text(loaded.error());
    };
    EXPECT_EQ(error_of("parameters = { guess_ppm = 3 }\n"), "none");
    EXPECT_THAT(error_of("parameters = { guess_ppm = 3, smaple = 4 }\n"),
                StartsWith("t.toml:5:31: error: lazy_guess has no parameter \"smaple\""));
    EXPECT_THAT(error_of("[provider.parameters]\nguess_ppm = 3\nsmaple = 4\n"),
                StartsWith("t.toml:7:1: error: lazy_guess has no parameter \"smaple\""));
}

std::string errors_about_deviation(const std::string& strategy, const std::string& chain = "") {
    const auto loaded = load_scenario_text(
        "name = \"t\"\n[[provider]]\nname = \"p\"\n[[fault]]\nkind = \"byzantine\"\n"
        "at = \"1m\"\nduration = \"1m\"\nvalidators = [1]\nstrategy = \"" +
            strategy + "\"\n" + chain,
        "t.toml", {}, check_deviations);
    return loaded ? "none" : to_text(loaded.error());
}

TEST(CheckDeviations, AByzantineFaultNeedsAStrategyThatMakesSenseAndTheErrorHasAPlace) {
    EXPECT_EQ(errors_about_deviation("late_answers"), "none");
    EXPECT_THAT(errors_about_deviation("late_anwsers"),
                AllOf(StartsWith("t.toml:9:1: error: there is no strategy \"late_anwsers\""),
                      HasSubstr("did you mean \"late_answers\"?")));
    EXPECT_THAT(errors_about_deviation("lazy_guess"),
                HasSubstr("t.toml:9:1: error: lazy_guess is no strategy of validators"));
    EXPECT_THAT(errors_about_deviation("honest"), HasSubstr("honest breaks no rule"));
    EXPECT_THAT(errors_about_deviation("twin"),
                HasSubstr("twin runs an identity twice, which cannot begin during a run"));
    EXPECT_THAT(errors_about_deviation("late_vertex"),
                HasSubstr("late_vertex does something only on a DAG"));
    const std::string bft = "[chain]\nconsensus = \"bft\"\n";
    EXPECT_THAT(errors_about_deviation("frontier_liar", bft),
                HasSubstr("frontier_liar does something only where validators vote"));
    EXPECT_EQ(errors_about_deviation("equivocator", bft), "none");
}

TEST(CheckDeviations, EveryStrategyThatTheSwarmDrawsMakesSense) {
    sim::Scenario s = twenty(1, "honest");
    sim::FaultPlan& plan = s.faults.emplace_back();
    plan.kind = sim::FaultKind::kByzantine;
    plan.validators = {1};
    for (const auto consensus :
         {sim::ConsensusKind::kSequencer, sim::ConsensusKind::kSnowman, sim::ConsensusKind::kBft,
          sim::ConsensusKind::kHotstuff, sim::ConsensusKind::kAvalanche}) {
        s.chain.consensus = consensus;
        for (const std::string_view strategy : sim::deviations_drawn(s.chain)) {
            plan.strategy = strategy;
            EXPECT_THAT(check_deviations(s), IsEmpty()) << word(consensus) << " " << strategy;
        }
    }
}

TEST(CheckStrategies, MakingASettingRefusesWhatTheyRefuseAndUnknownProfiles) {
    sim::Scenario s = small();
    s.actors.push_back(group("provider", 1, "nobody"));
    const auto refused = make_setting(s);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text(), HasSubstr("no provider strategy is called \"nobody\""));
    s = small();
    s.network.latency = "moon";
    EXPECT_THAT(make_setting(s).error().text(), HasSubstr("moon"));
    s = small();
    s.chain.stake = "feudal";
    EXPECT_FALSE(make_setting(s));
}

}  // namespace
}  // namespace aivm::scenarios
