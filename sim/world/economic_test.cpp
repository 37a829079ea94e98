// Both fidelities on the questions on which they must agree, and the economic one beside theory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <map>

#include "sim/testing/test_world.h"

namespace aivm::sim::test {
namespace {

using ::testing::HasSubstr;

// The small scenario on a chain of one sequencer, which is what the economic fidelity stands for.
Scenario scenario_in(Fidelity fidelity, std::uint32_t censoring_ppm = 0) {
    Scenario s = small_scenario();
    s.run.fidelity = fidelity;
    s.chain.consensus = ConsensusKind::kSequencer;
    s.chain.censorship = CensorshipModel::kIid;
    s.chain.censoring_ppm = censoring_ppm;
    return s;
}

// Spread out so that hardly any two tasks share a block, for a window of `window` blocks.
Scenario censored_study(Fidelity fidelity, std::uint32_t censoring_ppm, std::uint32_t window,
                        std::uint32_t tasks) {
    Scenario s = scenario_in(fidelity, censoring_ppm);
    s.vm.config.challenge_window_blocks = window;
    s.vm.policy.challenge_reveal_blocks = 60;
    s.vm.policy.activation_delay_blocks = 0;  // it would draw the first tasks in one block
    s.workload.tasks = tasks;
    s.actors = {group_of("provider", 1, "liar"), group_of("challenger", 1)};
    for (ActorGroup& group : s.actors) group.stake = group.stake.checked_times(1000).value();
    s.actors[0].bond = s.actors[0].bond.checked_times(1000).value();
    return s;
}

struct Share {
    std::int64_t posted = 0;
    std::int64_t missed = 0;
    [[nodiscard]] std::int64_t missed_ppm() const { return missed * 1'000'000 / posted; }
};

Share fraud_missed(const Scenario& scenario, std::uint64_t seeds) {
    Share share;
    for (WorldOptions options; options.seed <= seeds; ++options.seed) {
        const Outcome outcome = play(scenario, options)->outcome;
        EXPECT_EQ(verdict(outcome), "clean");
        share.posted += figure(outcome, "n_fraud_posted");
        share.missed += figure(outcome, "n_fraud_missed");
    }
    return share;
}

TEST(Economic, RunsItsWorkToTheEndAndCatchesEveryLie) {
    const Outcome outcome = play(scenario_in(Fidelity::kEconomic))->outcome;
    EXPECT_EQ(verdict(outcome), "clean");
    EXPECT_EQ(figure(outcome, "tasks"), 20);
    EXPECT_GT(figure(outcome, "n_fraud_posted"), 0);
    EXPECT_EQ(figure(outcome, "n_fraud_missed"), 0);
    EXPECT_GT(outcome.invariant_checks, 100U);
}

TEST(Economic, TheSameSeedYieldsTheSameDigestAndAnotherSeedAnother) {
    const Scenario scenario = scenario_in(Fidelity::kEconomic, 300'000);
    WorldOptions options;
    const Outcome first = play(scenario, options)->outcome;
    EXPECT_EQ(play(scenario, options)->outcome.digest, first.digest);
    options.seed = 2;
    EXPECT_NE(play(scenario, options)->outcome.digest, first.digest);
}

TEST(Economic, WatchingChangesNothing) {
    const Scenario scenario = scenario_in(Fidelity::kEconomic, 300'000);
    WorldOptions options;
    const Outcome watched = play(scenario, options)->outcome;
    options.invariants = false;
    EXPECT_EQ(play(scenario, options)->outcome.digest, watched.digest);
}

TEST(Economic, BothFidelitiesLetNoLiePassWithoutCensorsAndEveryLieWithNothingElse) {
    for (const Fidelity fidelity : {Fidelity::kFull, Fidelity::kEconomic}) {
        EXPECT_EQ(fraud_missed(scenario_in(fidelity, 0), 3).missed, 0);
        const Share all = fraud_missed(scenario_in(fidelity, 1'000'000), 3);
        EXPECT_GT(all.posted, 0);
        EXPECT_EQ(all.missed, all.posted);
    }
}

TEST(Economic, BothFidelitiesTakeTheSameFromALiarForEachLie) {
    const auto full = play(scenario_in(Fidelity::kFull))->outcome;
    const auto economic = play(scenario_in(Fidelity::kEconomic))->outcome;
    const std::int64_t of_full = figure(full, "slash_taken") / figure(full, "n_fraud_posted");
    EXPECT_EQ(of_full * figure(full, "n_fraud_posted"), figure(full, "slash_taken"));
    EXPECT_EQ(of_full * figure(economic, "n_fraud_posted"), figure(economic, "slash_taken"));
}

TEST(Economic, BothFidelitiesMissTheShareOfLiesThatTheoryPredicts) {
    // share^W = 0.6^2 = 0.36; 200 and 1,000 lies, of which those of one block share their fate.
    const Share full = fraud_missed(censored_study(Fidelity::kFull, 600'000, 2, 40), 5);
    const Share economic = fraud_missed(censored_study(Fidelity::kEconomic, 600'000, 2, 100), 20);
    EXPECT_NEAR(static_cast<double>(full.missed_ppm()), 360'000, 150'000);
    EXPECT_NEAR(static_cast<double>(economic.missed_ppm()), 360'000, 40'000);
}

TEST(Economic, TheMissedShareFallsWithTheWindowAsAPower) {
    double expected = 1'000'000;
    for (std::uint32_t window = 1; window <= 4; ++window) {
        expected *= 0.5;
        const Share share =
            fraud_missed(censored_study(Fidelity::kEconomic, 500'000, window, 100), 20);
        EXPECT_NEAR(static_cast<double>(share.missed_ppm()), expected, 45'000)
            << "window " << window;
    }
}

TEST(Economic, ALongerWindowMissesASubsetAtEverySeed) {
    for (WorldOptions options; options.seed <= 10; ++options.seed) {
        const auto few =
            play(censored_study(Fidelity::kEconomic, 700'000, 6, 40), options)->outcome;
        const auto many =
            play(censored_study(Fidelity::kEconomic, 700'000, 2, 40), options)->outcome;
        EXPECT_LE(figure(few, "n_fraud_missed"), figure(many, "n_fraud_missed"))
            << "common random numbers";
    }
}

TEST(Economic, TakesEveryModelOfCensorshipWithAnyConsensus) {
    for (const auto model :
         {CensorshipModel::kIid, CensorshipModel::kPermuted, CensorshipModel::kSticky}) {
        Scenario s = censored_study(Fidelity::kEconomic, 500'000, 2, 60);
        s.chain.consensus = ConsensusKind::kSnowman;
        s.chain.censorship = model;
        const Outcome outcome = play(s)->outcome;
        EXPECT_EQ(verdict(outcome), "clean");
        EXPECT_GT(figure(outcome, "censored_proofs"), 0) << static_cast<int>(model);
    }
}

TEST(Economic, V37AnOutageThatTheCheatTimesOutlastsTheWindowAsTheExponentialLawSays) {
    // Mean 5 blocks, a window of 6, and a proof is on the chain one block after the checker has the
    // answer: exp(-(6 - 1) / 5).
    Scenario s = censored_study(Fidelity::kEconomic, 0, 6, 1);
    s.chain.censorship = CensorshipModel::kPartition;
    s.chain.outage_mean_ns = 5 * s.chain.block_interval_ns;
    const Share share = fraud_missed(s, 250);
    EXPECT_GT(share.posted, 500);
    EXPECT_NEAR(static_cast<double>(share.missed_ppm()), 367'879,
                5 * 482'000 / std::sqrt(share.posted));
}

TEST(Economic, InTheFullFidelityTheOutageCutsTheCheckersOffToo) {
    Scenario s = censored_study(Fidelity::kFull, 0, 4, 4);
    s.chain.censorship = CensorshipModel::kPartition;
    s.chain.outage_mean_ns = 1000 * s.chain.block_interval_ns;
    const Share share = fraud_missed(s, 3);
    EXPECT_EQ(share.missed, share.posted);
    EXPECT_EQ(share.posted, 12);
}

const PayoffRow& payoff_of(const Outcome& outcome, std::string_view label) {
    for (const PrincipalRow& principal : outcome.principals) {
        if (principal.label == label) return outcome.payoffs.at(principal.principal);
    }
    ADD_FAILURE() << "nobody is called " << label;
    return outcome.payoffs.front();
}

TEST(Economic, ABribeIsTheCheatsCostAndTheProposersGainInBothFidelities) {
    for (const Fidelity fidelity : {Fidelity::kFull, Fidelity::kEconomic}) {
        Scenario s = censored_study(fidelity, 1'000'000, 3, 4);
        s.chain.censorship = CensorshipModel::kBribe;
        s.chain.censor_price = lux(7);
        s.chain.censor_payer = "liar provider";
        const Outcome outcome = play(s)->outcome;
        EXPECT_EQ(verdict(outcome), "clean");
        EXPECT_EQ(figure(outcome, "n_fraud_missed"), figure(outcome, "n_fraud_posted"));
        const Amount taken = payoff_of(outcome, "validators").bribes;
        EXPECT_GE(taken, lux(7));
        EXPECT_EQ(taken.nlux() % lux(7).nlux(), 0U);
        EXPECT_GE(payoff_of(outcome, "liar provider").cost, taken);
    }
}

TEST(Economic, ABudgetIsSpentToTheLastBlockItBuysAndThenLiesAreCaught) {
    for (const Fidelity fidelity : {Fidelity::kFull, Fidelity::kEconomic}) {
        Scenario s = censored_study(fidelity, 0, 8, 2);
        s.chain.censorship = CensorshipModel::kBudget;
        s.chain.censor_price = lux(7);
        s.chain.censor_budget = lux(30);
        s.chain.censor_payer = "liar provider";
        const Outcome outcome = play(s)->outcome;
        EXPECT_EQ(verdict(outcome), "clean");
        EXPECT_EQ(figure(outcome, "n_fraud_missed"), 0);
        EXPECT_EQ(payoff_of(outcome, "liar provider").cost, lux(28)) << "four blocks of seven";
        EXPECT_TRUE(payoff_of(outcome, "validators").bribes.is_zero());
    }
}

TEST(Economic, AFinalityDelayPostponesWhatEveryClientReceivesInBothFidelities) {
    for (const Fidelity fidelity : {Fidelity::kFull, Fidelity::kEconomic}) {
        Scenario s = scenario_in(fidelity);
        const Outcome at_once = play(s)->outcome;
        s.chain.finality_delay_ns = 3 * s.chain.block_interval_ns;
        const Outcome later = play(s)->outcome;
        EXPECT_EQ(verdict(later), "clean");
        EXPECT_EQ(figure(later, "n_fraud_missed"), 0);
        const auto mean = [](const Outcome& o) { return std::get<double>(o.metric("ttf_mean")); };
        EXPECT_GT(mean(later), mean(at_once) + 6)
            << "the task, its result and the settlement each wait";
    }
}

TEST(Economic, OrphaningNeedsSomethingThatIsNotFinal) {
    Scenario s = censored_study(Fidelity::kEconomic, 900'000, 3, 20);
    s.chain.censorship = CensorshipModel::kOrphan;
    const auto world = World::make(setting_of(s), {});
    ASSERT_FALSE(world);
    EXPECT_THAT(world.error().text(), HasSubstr("chain.finality_delay"));
    s.chain.finality_delay_ns = 6 * s.chain.block_interval_ns;
    const Share share = fraud_missed(s, 3);
    EXPECT_GT(share.missed, share.posted / 2);
}

// --- The three chains side by side: the virtual one, the sequencer's replicas, snowman's ---

std::vector<Scenario> on_every_chain(Scenario s) {
    std::vector<Scenario> out;
    s.chain.consensus = ConsensusKind::kSequencer;
    s.run.fidelity = Fidelity::kEconomic;
    out.push_back(s);
    s.run.fidelity = Fidelity::kFull;
    out.push_back(s);
    s.chain.consensus = ConsensusKind::kSnowman;
    out.push_back(s);
    return out;
}

// The exact (Clopper-Pearson) interval of a share, at 99.99 %.
struct Interval {
    double low = 0;
    double high = 1;
};
Interval exact_interval(const Share& share) {
    using Binomial = boost::math::binomial_distribution<>;
    const auto trials = static_cast<double>(share.posted);
    const auto successes = static_cast<double>(share.missed);
    return {Binomial::find_lower_bound_on_p(trials, successes, 0.00005),
            Binomial::find_upper_bound_on_p(trials, successes, 0.00005)};
}

TEST(BothFidelities, FinaliseFraudWithTheSameProbability) {
    Scenario s = censored_study(Fidelity::kFull, 600'000, 2, 1);
    s.vm.policy.reassignments_max = 0;  // one lie per run: all runs are independent
    constexpr double kTheory = 0.36;
    for (const Scenario& each : on_every_chain(s)) {
        const bool economic = each.run.fidelity == Fidelity::kEconomic;
        const Share share = fraud_missed(each, economic ? 1000 : 60);
        EXPECT_EQ(share.posted, economic ? 1000 : 60);
        const Interval interval = exact_interval(share);
        EXPECT_LT(interval.high - interval.low, economic ? 0.13 : 0.55)
            << "too wide to say anything";
        EXPECT_LT(interval.low, kTheory);
        EXPECT_GT(interval.high, kTheory);
    }
}

// One honest provider and nobody who disputes: no draw can make a difference.
Scenario undisputed() {
    Scenario s = small_scenario();
    s.network.loss_ppm = 0;
    s.workload.requesters = 1;
    s.actors = {group_of("provider", 1), group_of("challenger", 1)};
    return s;
}

TEST(BothFidelities, SettleAnUndisputedResultInTheBlockAfterItsWindow) {
    for (const Scenario& each : on_every_chain(undisputed())) {
        const auto played = play(each);
        EXPECT_EQ(verdict(played->outcome), "clean");
        std::map<std::uint64_t, Height> posted;
        for (const ResultRow& row : played->rows.rows<ResultRow>())
            posted[row.task] = row.reveal_block.value();
        const auto tasks = played->rows.rows<TaskRow>();
        EXPECT_EQ(tasks.size(), 20U);
        for (const TaskRow& row : tasks) {
            EXPECT_EQ(row.final_block.value() - posted.at(row.task),
                      each.vm.config.challenge_window_blocks + 1);
        }
    }
}

TEST(BothFidelities, PayEveryPrincipalTheSame) {
    std::vector<std::vector<std::int64_t>> nets;
    for (const Scenario& each : on_every_chain(undisputed())) {
        const Outcome outcome = play(each)->outcome;
        EXPECT_EQ(verdict(outcome), "clean");
        std::vector<std::int64_t> net;
        for (const PayoffRow& row : outcome.payoffs) net.push_back(row.net_nlux);
        EXPECT_NE(std::ranges::count(net, 0), static_cast<std::ptrdiff_t>(net.size()))
            << "somebody earns something";
        nets.push_back(net);
    }
    EXPECT_EQ(nets[0], nets[1]);
    EXPECT_EQ(nets[0], nets[2]);
}

TEST(Economic, FaultsOfNetworksAndDisksNeedTheFullFidelity) {
    Scenario s = scenario_in(Fidelity::kEconomic);
    s.faults.emplace_back().kind = FaultKind::kSlowNode;
    s.faults[0].validators = {1};
    const auto world = World::make(setting_of(s), {});
    ASSERT_FALSE(world);
    EXPECT_THAT(world.error().text(), HasSubstr("set run.fidelity to \"full\""));
}

}  // namespace
}  // namespace aivm::sim::test
