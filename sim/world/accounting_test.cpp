// The accounting against a hand-made chain, and against whole small worlds.
#include "sim/world/accounting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>

#include "core/testing/test_chain.h"
#include "sim/record/metrics.h"
#include "sim/testing/test_world.h"

namespace aivm::sim::test {
namespace {

using aivm::test::address_of;
using aivm::test::TestChain;

// The test chain's people as participants: the principal "cheats" owns p-2, everybody else is
// honest and alone.
Participants people() {
    Participants out;
    for (const char* name : {"alice", "bob", "carol", "p-1", "p-2", "p-3", "other", "v-0", "v-1"}) {
        Participant one;
        one.id = static_cast<ActorId>(out.all.size());
        one.principal = one.id;
        one.name = name;
        one.role = name[0] == 'v' ? Role::kValidator : Role::kRequester;
        one.address = address_of(name);
        if (one.role == Role::kValidator) {
            one.opening_stake = lux(5000);
        } else if (one.name != "other") {
            one.opening_balance = lux(10'000);
        }
        out.principals.push_back({name, "honest", "", std::string_view(name) != "p-2"});
        if (!out.principals.back().honest) out.attackers.push_back(one.principal);
        out.add(std::move(one));
    }
    return out;
}

class AccountingOfAChain : public ::testing::Test {
protected:
    AccountingOfAChain() {
        scenario.workload.value_at_risk = lux(50);
        accounting.accept(*chain.genesis(), 0);
    }
    // Every block of the chain since the last call, each `kSecond` after the one before.
    void block(const std::vector<OperationPtr>& operations = {}) {
        chain.block(operations);
        now += kSecond;
        accounting.accept(*chain.vm().executed(chain.vm().last_accepted()), now);
    }
    void join(std::string_view provider) {
        block(
            {chain.by(provider, aivm::test::registration(
                                    provider, chain.rules().parameters.config.min_provider_bond))});
    }
    void submit(std::string_view job, std::uint64_t then_blocks) {
        block({chain.by("alice", aivm::test::submission(job))});
        for (std::uint64_t i = 0; i < then_blocks; ++i) block();
    }
    void post(std::string_view job, Answer answer) {
        const std::string provider = chain.assigned_provider(job);
        block({chain.by(provider, aivm::test::result(job, provider, answer))});
    }
    void close(const State& end) { accounting.write(end, rows, {123, 45, now, 6, SimTime{7}}); }
    void close() { close(chain.state()); }
    [[nodiscard]] Number metric(std::string_view name, std::string_view mode = "") const {
        for (const MetricRow& row : accounting.metrics()) {
            if (row.name == name && row.mode == mode) return row.value.value();
        }
        ADD_FAILURE() << "no metric " << name;
        return std::int64_t{-1};
    }
    [[nodiscard]] std::int64_t count(std::string_view name) const {
        return std::get<std::int64_t>(metric(name));
    }
    [[nodiscard]] const PayoffRow& payoff(ActorId id) const { return accounting.payoffs().at(id); }

    TestChain chain;
    Scenario scenario;
    Participants participants = people();
    Truth truth;
    Accounting accounting{scenario, participants, truth};
    VectorSink rows;
    SimTime now = 0;
};

constexpr ActorId kAlice = 0;
constexpr ActorId kBob = 1;
constexpr ActorId kHonest = 3;
constexpr ActorId kCheat = 4;

TEST_F(AccountingOfAChain, TimeToFinalityRunsFromTheBlockOfSubmissionToTheBlockOfSettlement) {
    join("p-1");
    submit("job", 2);
    const SimTime submitted = now - 2 * kSecond;
    post("job", chain.truth("job"));
    while (!chain.task("job").terminal()) block();
    close();
    const double expected = static_cast<double>(now - submitted) / kSecond;
    for (const char* name : {"ttf_mean", "ttf_p50", "ttf_p99"}) {
        EXPECT_EQ(std::get<double>(metric(name)), expected) << name;
        EXPECT_EQ(std::get<double>(metric(name, "optimistic")), expected) << name;
    }
    EXPECT_EQ(std::get<double>(metric("p_final_corrupt")), 0.0);
    EXPECT_EQ(accounting.tasks().at(0).outcome, TaskOutcome::kFinalOk);
    EXPECT_EQ(std::get<double>(metric("unchecked_share")), 1.0) << "nobody looked";
    EXPECT_EQ(count("slash_due"), 0);
    EXPECT_EQ(payoff(kAlice).net_nlux, -static_cast<std::int64_t>(lux(1).nlux()));
    EXPECT_GT(payoff(kHonest).net_nlux, 0);
}

TEST_F(AccountingOfAChain, ALieThatNobodyChallengesIsMissedFraud) {
    join("p-2");
    submit("job", 2);
    post("job", chain.lie("job"));
    accounting.checked(TaskIndex{0}, 7);  // of another assignment: not this answer
    while (!chain.task("job").terminal()) block();
    close();
    EXPECT_EQ(count("n_fraud_posted"), 1);
    EXPECT_EQ(count("n_fraud_missed"), 1);
    EXPECT_EQ(std::get<double>(metric("p_final_corrupt")), 1.0);
    EXPECT_EQ(accounting.tasks().at(0).outcome, TaskOutcome::kFinalCorrupt);
    EXPECT_EQ(payoff(kCheat).lie_value, lux(50));
    EXPECT_EQ(payoff(kAlice).harm, lux(50));
    EXPECT_EQ(accounting.tasks().at(0).harm, Harm::kFinal);
    EXPECT_EQ(count("harm_final"), signed_nlux(lux(50)));
    EXPECT_EQ(count("harm_early"), 0);
    EXPECT_EQ(count("attacker_net"), payoff(kCheat).net_nlux + signed_nlux(lux(50)));
    EXPECT_EQ(count("attacker_roi_ppm"),
              count("attacker_net") * 1'000'000 / signed_nlux(lux(10'000)));
}

TEST_F(AccountingOfAChain, ACaughtLieIsSlashedAndCensoringItsProofIsCounted) {
    join("p-2");
    submit("job", 2);
    post("job", chain.lie("job"));
    const OperationPtr challenge =
        chain.by("bob", aivm::test::hidden_challenge("job", "bob", chain.truth("job")));
    accounting.checked(TaskIndex{0}, 1);
    accounting.censored(chain.build({}).executed->id,
                        {challenge});  // the next block, empty, is that very block
    block();
    block({challenge});
    block({chain.by("bob", aivm::test::opening("job", "bob", chain.truth("job")))});
    for (int i = 0; i < 8 && accounting.slashes().empty(); ++i)
        block();  // at the end of the window
    close();
    EXPECT_EQ(count("n_fraud_posted"), 1);
    EXPECT_EQ(count("n_fraud_missed"), 0);
    EXPECT_EQ(count("censored_proofs"), 1);
    ASSERT_EQ(accounting.challenges().size(), 1U);
    EXPECT_EQ(accounting.challenges()[0].times_censored, 1U);
    EXPECT_EQ(accounting.challenges()[0].valid, true);
    EXPECT_EQ(std::get<double>(metric("unchecked_share")), 0.0);
    ASSERT_EQ(accounting.slashes().size(), 1U);
    EXPECT_FALSE(accounting.slashes()[0].false_positive);
    EXPECT_EQ(count("honest_false_slash"), 0);
    EXPECT_EQ(count("n_free_lies"), 0);
    EXPECT_EQ(count("slash_escape"), 0);
    EXPECT_EQ(count("slash_taken"),
              static_cast<std::int64_t>(accounting.slashes()[0].taken.nlux()));
    EXPECT_LT(payoff(kCheat).net_nlux, 0);
    EXPECT_GT(payoff(kBob).net_nlux, 0);
}

TEST_F(AccountingOfAChain, SlashingACorrectAnswerIsAFalsePositive) {
    join("p-1");
    submit("job", 2);
    post("job", chain.truth("job"));
    Executed unjust = *chain.vm().executed(chain.vm().last_accepted());
    event::Slashed slash;
    slash.account = address_of("p-1");
    slash.due = lux(3);
    slash.taken = lux(2);
    slash.burned = lux(2);
    unjust.events = {slash};
    unjust.state.providers.edit(0).bond -= lux(2);
    accounting.accept(unjust, now);
    close(unjust.state);
    ASSERT_EQ(accounting.slashes().size(), 1U);
    EXPECT_TRUE(accounting.slashes()[0].false_positive);
    EXPECT_EQ(count("honest_false_slash"), static_cast<std::int64_t>(lux(2).nlux()));
    EXPECT_EQ(count("slash_escape"), static_cast<std::int64_t>(lux(1).nlux()));
}

// Two challengers lose their bonds over a right answer; only one of them is honest.
TEST_F(AccountingOfAChain, AnHonestChallengerThatLosesItsBondIsAFalsePositive) {
    join("p-1");
    submit("job", 2);
    post("job", chain.truth("job"));
    const Answer lie = chain.lie("job");
    const auto both = [&](auto&& make) {
        block({chain.by("bob", make("job", "bob", lie)), chain.by("p-2", make("job", "p-2", lie))});
    };
    both(aivm::test::hidden_challenge);
    both(aivm::test::opening);
    while (!chain.task("job").terminal()) block();
    close();
    ASSERT_EQ(accounting.slashes().size(), 2U);
    const Amount bond = accounting.slashes()[0].taken;
    EXPECT_FALSE(bond.is_zero());
    EXPECT_EQ(count("honest_false_slash"), static_cast<std::int64_t>(bond.nlux()));
}

TEST_F(AccountingOfAChain, AnHonestValidatorThatIsSlashedIsAFalsePositive) {
    Executed unjust = *chain.tip();
    event::Slashed equivocation;
    equivocation.cause = SlashCause::kEquivocation;
    equivocation.account = address_of("v-0");
    equivocation.due = equivocation.taken = equivocation.burned = lux(5);
    unjust.events = {equivocation};
    for (std::size_t i = 0; i < unjust.state.validators.size(); ++i) {
        if (unjust.state.validators[i].address == equivocation.account)
            unjust.state.validators.edit(i).stake -= lux(5);
    }
    accounting.accept(unjust, now);
    close(unjust.state);
    EXPECT_EQ(count("honest_false_slash"), static_cast<std::int64_t>(lux(5).nlux()));
}

// A job whose only provider is drawn for it again and again, and whose answer is in no block.
class SilenceOnAChain : public AccountingOfAChain {
protected:
    SilenceOnAChain() {
        const Amount bond = chain.rules().parameters.config.min_provider_bond;
        block({chain.by("p-1", aivm::test::registration("p-1", *bond.checked_times(4)))});
        submit("job", 2);
    }
    // Adds blocks until the next slash. `sends` is called before each with the last moment before
    // it is built.
    const SlashRow& next_slash(const std::function<void(SimTime before)>& sends) {
        const std::size_t slashes = accounting.slashes().size();
        while (accounting.slashes().size() == slashes) {
            const TimestampNs next = chain.state().head.timestamp_ns + aivm::test::kBlockNs;
            sends(static_cast<SimTime>(next - chain.genesis()->state.head.timestamp_ns) - 1);
            block();
        }
        EXPECT_EQ(accounting.slashes().back().cause, "timeout");
        return accounting.slashes().back();
    }
    // Whether the block that is built then ends the time of the assignment.
    bool times_out_after(SimTime before) {
        const Task& task = chain.task("job");
        const TimestampNs built =
            chain.genesis()->state.head.timestamp_ns + static_cast<TimestampNs>(before) + 1;
        return task.status == TaskStatus::kAssigned &&
               built >= task.waiting_since_ns + chain.rules().parameters.config.task_timeout_ns;
    }
    // Sends once, as early as it can.
    auto answer_to(std::uint32_t assignment) {
        return [this, assignment, sent = false](SimTime before) mutable {
            const SentDuty answer{TaskIndex{0}, assignment, SlashCause::kTimeout, kNoWindow};
            if (!std::exchange(sent, true)) accounting.sent(kHonest, answer, before);
        };
    }
};

TEST_F(SilenceOnAChain, AnHonestAnswerThatDidNotGetIntoABlockIsAFalsePositive) {
    const SlashRow slash = next_slash(answer_to(1));
    EXPECT_TRUE(slash.false_positive);
    EXPECT_FALSE(slash.taken.is_zero());
    close();
    EXPECT_EQ(count("honest_false_slash"), signed_nlux(slash.taken));
}

TEST_F(SilenceOnAChain, WhoSentNothingOrForAnotherAssignmentOrTooLateWasSlashedRightly) {
    EXPECT_FALSE(next_slash([](SimTime) {}).false_positive);
    EXPECT_FALSE(next_slash(answer_to(1)).false_positive) << "it is the second assignment";
    int late = 0;
    const auto too_late = [&](SimTime before) {
        if (!times_out_after(before)) return;
        ++late;
        accounting.sent(kHonest, {TaskIndex{0}, 3, SlashCause::kTimeout, kNoWindow}, before + 1);
    };
    EXPECT_FALSE(next_slash(too_late).false_positive);
    EXPECT_EQ(late, 1);
    close();
    EXPECT_EQ(count("honest_false_slash"), 0);
    EXPECT_GT(count("slash_taken"), 0);
}

TEST_F(SilenceOnAChain, EverySlashOfThatKindIsCounted) {
    Amount taken;
    for (std::uint32_t assignment = 1; assignment <= 3; ++assignment)
        taken += next_slash(answer_to(assignment)).taken;
    close();
    EXPECT_EQ(accounting.slashes().size(), 3U);
    EXPECT_EQ(count("honest_false_slash"), signed_nlux(taken));
}

TEST_F(AccountingOfAChain, WhatAProviderSendsForATaskOfAnotherChainIsIgnored) {
    join("p-1");
    submit("job", 2);
    accounting.sent(kHonest, {TaskIndex{5}, 1, SlashCause::kTimeout}, 0);
    close();
    EXPECT_EQ(count("honest_false_slash"), 0);
}

// A correlated penalty is as right as the slashes for wrong answers that it follows.
TEST_F(AccountingOfAChain, ACorrelatedPenaltyIsFalseIfTheProviderWasNeverWrong) {
    for (const bool lies : {false, true}) {
        SCOPED_TRACE(lies);
        Accounting of_case(scenario, participants, truth);
        TestChain other;
        of_case.accept(*other.genesis(), 0);
        const auto next = [&](const std::vector<OperationPtr>& operations) {
            other.block(operations);
            of_case.accept(*other.tip(), 0);
        };
        next({other.by("p-1", aivm::test::registration(
                                  "p-1", other.rules().parameters.config.min_provider_bond))});
        next({other.by("alice", aivm::test::submission("job"))});
        next({});
        next({});
        next({other.by("p-1", aivm::test::result("job", "p-1",
                                                 lies ? other.lie("job") : other.truth("job")))});
        Executed slashed = *other.tip();
        event::Slashed wrong;
        wrong.account = address_of("p-1");
        wrong.due = wrong.taken = wrong.burned = lux(2);
        event::Slashed correlated = wrong;
        correlated.cause = SlashCause::kCorrelated;
        slashed.events = {wrong, correlated};
        slashed.state.providers.edit(0).bond -= lux(4);
        of_case.accept(slashed, 0);
        ASSERT_EQ(of_case.slashes().size(), 2U);
        EXPECT_EQ(of_case.slashes()[0].false_positive, !lies);
        EXPECT_EQ(of_case.slashes()[1].false_positive, !lies);
    }
}

TEST_F(AccountingOfAChain, AProvenLieThatCostsNothingIsCounted) {
    join("p-1");
    submit("job", 2);
    post("job", chain.lie("job"));
    Executed free = *chain.vm().executed(chain.vm().last_accepted());
    event::Slashed slash;
    slash.account = address_of("p-1");
    free.events = {slash};
    accounting.accept(free, now);
    close(free.state);
    EXPECT_EQ(count("n_free_lies"), 1);
}

TEST_F(AccountingOfAChain, WhatIsStillOpenAtTheEndIsPendingAndOnlyTheBurnedTenthIsSpent) {
    join("p-1");
    submit("job", 2);
    close();
    EXPECT_EQ(accounting.tasks().at(0).outcome, TaskOutcome::kPending);
    EXPECT_EQ(payoff(kAlice).net_nlux, -static_cast<std::int64_t>(millilux(100).nlux()));
    EXPECT_EQ(payoff(kAlice).cost, millilux(100));
    EXPECT_EQ(count("tasks"), 1);
    EXPECT_EQ(count("events"), 123);
    EXPECT_EQ(count("messages"), 45);
}

TEST_F(AccountingOfAChain, ATaskThatNobodyTakesExpiresAndIsRefundedButForTheBurnedTenth) {
    join("p-1");
    block({chain.by("alice", aivm::test::submission("job")),
           chain.by("p-1", aivm::test::leave("p-1"))});
    for (int i = 0; i < 10; ++i) block();
    close();
    EXPECT_EQ(accounting.tasks().at(0).outcome, TaskOutcome::kExpired);
    EXPECT_EQ(payoff(kAlice).net_nlux, -static_cast<std::int64_t>(millilux(100).nlux()));
    EXPECT_EQ(payoff(kAlice).cost, millilux(100));
}

TEST_F(AccountingOfAChain, SeveralProvidersOfOneOwnerAreOnePayoff) {
    for (const char* id : {"a", "b"}) {
        block({chain.by("p-1", aivm::test::registration(
                                   id, chain.rules().parameters.config.min_provider_bond))});
    }
    submit("job", 2);
    const std::string provider = chain.assigned_provider("job");
    block({chain.by("p-1", aivm::test::result("job", provider, chain.truth("job")))});
    while (!chain.task("job").terminal()) block();
    close();
    EXPECT_EQ(payoff(kHonest).net_nlux, static_cast<std::int64_t>(payoff(kHonest).revenue.nlux()));
    EXPECT_GT(payoff(kHonest).net_nlux, 0);
}

TEST_F(AccountingOfAChain, ATaskThatTheChainDidNotTakeIsInTheRefusedShare) {
    join("p-1");
    submit("job", 0);
    accounting.refused();
    close();
    EXPECT_EQ(std::get<double>(metric("refused_share")), 0.5);
}

TEST_F(AccountingOfAChain, CapitalIsTheBondTimesTheBlocksItWasHeld) {
    join("p-1");
    const std::uint64_t bond = chain.rules().parameters.config.min_provider_bond.nlux();
    block();
    block();
    close();
    EXPECT_EQ(payoff(kHonest).capital_nlux_blocks, 3 * bond);
}

TEST_F(AccountingOfAChain, EveryMetricThatIsWrittenHasASpecification) {
    close();
    for (const MetricSpec& spec : metric_specs()) {
        if (spec.doc.find("only with a counterfactual") != std::string_view::npos) continue;
        EXPECT_NE(std::ranges::find(accounting.metrics(), spec.name, &MetricRow::name),
                  accounting.metrics().end())
            << spec.name;
    }
    for (const MetricRow& row : accounting.metrics())
        EXPECT_NE(find_metric(row.name), nullptr) << row.name;
}

TEST(BooksOfAWorld, WhatEverybodyGainedTogetherIsWhatWasMintedLessWhatWasBurned) {
    for (WorldOptions options; options.seed <= 3; ++options.seed) {
        options.keep_history = true;
        auto world = World::make(setting_of(small_scenario()), options);
        ASSERT_TRUE(world);
        Outcome outcome = (*world)->run();
        VectorSink rows;
        (*world)->write_results(rows, 0, outcome);
        std::int64_t net = 0;
        for (const PayoffRow& payoff : outcome.payoffs) net += payoff.net_nlux;
        // Minted and burned as the chain itself says, executed once more from genesis.
        const World::ChainBasis basis = (*world)->chain_basis();
        ExecutedPtr tip = basis.genesis;
        for (const BlockPtr& block : (*world)->history())
            tip = *execute_block(tip->state, block, basis.rules);
        const Totals& totals = tip->state.head.totals;
        EXPECT_GT(totals.burned, Amount());
        EXPECT_EQ(net, static_cast<std::int64_t>(totals.minted.nlux()) -
                           static_cast<std::int64_t>(totals.burned.nlux()));
    }
}

// A provider that answers nothing within the timeout is the case that once looked best: finality
// after 0 seconds, no wrong result among the final ones.
TEST(BooksOfAWorld, WithoutAFinalTaskThereIsNoTimeToFinalityAndNoShare) {
    Scenario s = small_scenario();
    s.run.max_time_ns = kSecond;
    const auto played = play(s);
    for (const char* name : {"p_final_corrupt", "ttf_mean", "ttf_p50", "ttf_p99", "ttu_mean"}) {
        const auto row = std::ranges::find(played->outcome.metrics, name, &MetricRow::name);
        ASSERT_NE(row, played->outcome.metrics.end()) << name;
        EXPECT_FALSE(row->value.has_value()) << name;
        EXPECT_EQ(row->n, 0U) << name;
        EXPECT_TRUE(std::isnan(std::get<double>(played->outcome.metric(name)))) << name;
    }
}

TEST(BooksOfAWorld, EveryMeanShareAndQuantileSaysOfHowManyItIsTaken) {
    const auto played = play(small_scenario());
    const auto final_tasks = static_cast<std::uint64_t>(
        std::ranges::count_if(played->rows.rows<TaskRow>(),
                              [](const TaskRow& task) { return task.correct.has_value(); }));
    ASSERT_GT(final_tasks, 0U);
    for (const char* name : {"p_final_corrupt", "ttf_mean", "ttf_p50", "ttf_p99", "ttu_mean"}) {
        const auto row = std::ranges::find(played->outcome.metrics, name, &MetricRow::name);
        ASSERT_NE(row, played->outcome.metrics.end()) << name;
        EXPECT_TRUE(row->value.has_value()) << name;
        EXPECT_EQ(row->n, final_tasks) << name;
    }
}

TEST(BooksOfAWorld, RowsAndMetricsTellTheSame) {
    const auto played = play(small_scenario());
    const auto& results = played->rows.rows<ResultRow>();
    const auto wrong = std::ranges::count(results, false, &ResultRow::correct);
    EXPECT_EQ(std::get<std::int64_t>(played->outcome.metric("n_fraud_posted")), wrong);
    EXPECT_EQ(played->rows.rows<TaskRow>().size(), 20U);
    EXPECT_EQ(played->rows.rows<MetricRow>(), played->outcome.metrics);
    EXPECT_EQ(played->rows.rows<PayoffRow>().size(), played->rows.rows<PrincipalRow>().size());
    EXPECT_EQ(played->rows.rows<AgentRow>().size(), 5U + 3 + 2 + 2);
}

}  // namespace
}  // namespace aivm::sim::test
