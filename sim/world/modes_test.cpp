// Whole small worlds in the redundant and the TEE mode and with bisection disputes, in both
// fidelities, and the times of all modes on a run without faults, exactly as the formulas of time
// to finality say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "sim/testing/test_world.h"

namespace aivm::sim::test {
namespace {

constexpr Height kDraw = 2;       // from the block of the submission to the draw
constexpr Height kInclusion = 1;  // from a block to the next, in which the answer to it is
constexpr Height kWindow = 8;

Scenario scenario_in(VerificationMode mode, Fidelity fidelity) {
    Scenario s = small_scenario();
    s.run.fidelity = fidelity;
    s.network.loss_ppm = 0;
    s.vm.config.verification_mode = mode;
    s.vm.config.challenge_window_blocks = kWindow;
    s.vm.policy.activation_delay_blocks = 0;  // the first tasks are drawn like all others
    s.vm.policy.commit_window_blocks = 6;
    s.vm.policy.reveal_window_blocks = 5;
    s.workload.tasks = 8;
    s.workload.tasks_per_block = 1;
    s.workload.requesters = 1;
    s.actors = {group_of("provider", 6), group_of("challenger", 1)};
    for (ActorGroup& group : s.actors) group.stake = group.stake.checked_times(4).value();
    s.actors[0].bond = lux(20'000);
    s.actors[0].hardware = mode == VerificationMode::kTee ? "H100" : "";
    return s;
}

void add_liar(Scenario& s) {
    ActorGroup liar = s.actors[0];
    liar.name = "liar";
    liar.strategy = "liar";
    liar.count = 1;
    s.actors.push_back(liar);
}

class InBothFidelities : public ::testing::TestWithParam<Fidelity> {};
INSTANTIATE_TEST_SUITE_P(Modes, InBothFidelities,
                         ::testing::Values(Fidelity::kFull, Fidelity::kEconomic),
                         [](const auto& one) {
                             return one.param == Fidelity::kFull ? "Full" : "Economic";
                         });

TEST_P(InBothFidelities, ACommitteeCommitsRevealsAndSlashesTheLiarAsDivergent) {
    Scenario s = scenario_in(VerificationMode::kRedundant, GetParam());
    add_liar(s);
    const auto played = play(s);
    EXPECT_EQ(verdict(played->outcome), "clean");
    EXPECT_EQ(figure(played->outcome, "n_fraud_missed"), 0);
    EXPECT_EQ(figure(played->outcome, "quorum_fail"), 0);
    EXPECT_EQ(figure(played->outcome, "honest_false_slash"), 0);
    const auto& results = played->rows.rows<ResultRow>();
    EXPECT_EQ(results.size(), 8U * 5);
    for (const ResultRow& row : results) {
        ASSERT_TRUE(row.commit_block && row.reveal_block);
        EXPECT_LT(*row.commit_block, *row.reveal_block);
        EXPECT_FALSE(row.challenge_skipped);
    }
    const auto wrong = std::ranges::count(results, false, &ResultRow::correct);
    EXPECT_GT(wrong, 0);
    const auto& slashes = played->rows.rows<SlashRow>();
    EXPECT_EQ(std::ranges::count(slashes, "divergent", &SlashRow::cause), wrong);
}

// The providers are cut off for longer than any deadline.
Scenario cut_off(Scenario s, std::uint64_t from_s, FaultKind kind = FaultKind::kPartition) {
    FaultPlan& cut = s.faults.emplace_back();
    cut.kind = kind;
    cut.at_ns = from_s * 1'000'000'000;
    cut.duration_ns = 600'000'000'000;
    cut.groups = {{s.actors[0].name}};
    return s;
}

// The slashes of a cause, and how many of them hit a provider that had sent what averts them.
std::pair<std::size_t, std::size_t> slashes_of(const Played& played, std::string_view cause) {
    std::pair<std::size_t, std::size_t> out;
    for (const SlashRow& slash : played.rows.rows<SlashRow>()) {
        if (slash.cause != cause) continue;
        ++out.first;
        out.second += slash.false_positive ? 1 : 0;
    }
    return out;
}

TEST_P(InBothFidelities, AnAnswerThatTheNetworkLostInTimeIsAFalseSlash) {
    Scenario s = scenario_in(VerificationMode::kOptimistic, GetParam());
    s.vm.config.task_timeout_ns = 60'000'000'000;
    s.workload.step_time_ns = 10'000'000'000;
    const auto played = play(cut_off(s, 15));
    const auto [all, unjust] = slashes_of(*played, "timeout");
    EXPECT_GT(unjust, 0U);
    EXPECT_LT(unjust, all) << "of later tasks they do not know";
    EXPECT_GT(figure(played->outcome, "honest_false_slash"), 0);
}

TEST_P(InBothFidelities, AnAnswerThatIsComputedForTooLongIsNone) {
    Scenario s = scenario_in(VerificationMode::kOptimistic, GetParam());
    s.vm.config.task_timeout_ns = 60'000'000'000;
    s.workload.step_time_ns = 90'000'000'000;
    const auto played = play(s);
    EXPECT_GT(slashes_of(*played, "timeout").first, 0U);
    EXPECT_EQ(figure(played->outcome, "honest_false_slash"), 0);
}

TEST_P(InBothFidelities, ACommitmentThatTheNetworkLostInTimeIsAFalseSlash) {
    Scenario s = scenario_in(VerificationMode::kRedundant, GetParam());
    s.workload.step_time_ns = 3'000'000'000;
    const auto played = play(cut_off(s, 15));
    const auto [all, unjust] = slashes_of(*played, "silent");
    EXPECT_GT(unjust, 0U);
    EXPECT_LT(unjust, all);
}

// A provider that hears nothing does not know that it is time to reveal, and sends nothing.
TEST_P(InBothFidelities, ARevealThatACutOffProviderNeverSentIsNone) {
    const Scenario s = scenario_in(VerificationMode::kRedundant, GetParam());
    const auto [all, unjust] = slashes_of(*play(cut_off(s, 15)), "unrevealed");
    EXPECT_GT(all, 0U);
    EXPECT_EQ(unjust, 0U);
}

TEST(CutOff, ARevealThatTheNetworkLostInTimeIsAFalseSlash) {
    const Scenario s = scenario_in(VerificationMode::kRedundant, Fidelity::kFull);
    EXPECT_GT(slashes_of(*play(cut_off(s, 15, FaultKind::kOneWay)), "unrevealed").second, 0U);
}

TEST_P(InBothFidelities, WithoutCommitRevealAnswersAreInTheOpenAndTheQuorumStillHolds) {
    Scenario s = scenario_in(VerificationMode::kRedundant, GetParam());
    s.vm.policy.commit_reveal = false;
    add_liar(s);
    const auto played = play(s);
    EXPECT_EQ(verdict(played->outcome), "clean");
    EXPECT_EQ(figure(played->outcome, "n_fraud_missed"), 0);
    for (const ResultRow& row : played->rows.rows<ResultRow>()) EXPECT_FALSE(row.commit_block);
    EXPECT_EQ(played->rows.rows<ResultRow>().size(), 8U * 5);
}

TEST_P(InBothFidelities, ABisectionIsPlayedToItsEndAndTheLiarLosesIt) {
    Scenario s = scenario_in(VerificationMode::kOptimistic, GetParam());
    s.vm.policy.dispute_game = DisputeGame::kBisection;
    s.vm.policy.dispute_move_blocks = 4;
    s.workload.steps = 5;
    s.actors[0].count = 1;
    add_liar(s);
    const auto played = play(s);
    EXPECT_EQ(verdict(played->outcome), "clean");
    EXPECT_GT(figure(played->outcome, "n_fraud_posted"), 0);
    EXPECT_EQ(figure(played->outcome, "n_fraud_missed"), 0);
    EXPECT_EQ(figure(played->outcome, "grief_victim_loss"), 0)
        << "an honest challenger never loses a game";
    for (const ChallengeRow& row : played->rows.rows<ChallengeRow>()) {
        ASSERT_TRUE(row.included_block && row.resolved_block);
        EXPECT_EQ(row.winner, DisputeWinner::kChallenger);
        // Reveal, the last step, and two moves a halving, each in a block of its own: not by a
        // missed deadline.
        EXPECT_GE(*row.resolved_block, *row.included_block + 2 + 2 * 2);
    }
}

// Both challengers dispute each lie; the first of them that wins counts.
TEST_P(InBothFidelities, ALieIsProvenWhenTheFirstChallengeOfItIsWon) {
    Scenario s = scenario_in(VerificationMode::kOptimistic, GetParam());
    s.actors[0].count = 1;
    s.actors[1].count = 2;
    add_liar(s);
    const auto played = play(s);
    EXPECT_EQ(verdict(played->outcome), "clean");
    std::map<Height, double> seconds;
    for (const ChainStatRow& row : played->rows.rows<ChainStatRow>())
        seconds[row.block] = static_cast<double>(row.time_ns) / kNsPerSecond;
    std::map<std::pair<std::uint64_t, Height>, double> waits;  // by task and the result's block
    for (const ChallengeRow& row : played->rows.rows<ChallengeRow>()) {
        if (row.winner != DisputeWinner::kChallenger) continue;
        const double wait = seconds.at(*row.resolved_block) - seconds.at(row.ready_block);
        const auto [first, is_new] = waits.try_emplace({row.task, row.ready_block}, wait);
        first->second = std::min(first->second, wait);
    }
    ASSERT_EQ(waits.size(), static_cast<std::size_t>(figure(played->outcome, "n_fraud_posted")));
    double sum = 0;
    for (const auto& [result, wait] : waits) sum += wait;
    EXPECT_GT(sum, 0);
    EXPECT_NEAR(std::get<double>(played->outcome.metric("ttp_mean")),
                sum / static_cast<double>(waits.size()), 1e-9);
}

TEST_P(InBothFidelities, AttestedResultsAreUsableLongBeforeTheyAreFinal) {
    Scenario s = scenario_in(VerificationMode::kTee, GetParam());
    const auto played = play(s);
    EXPECT_EQ(verdict(played->outcome), "clean");
    const double usable = std::get<double>(played->outcome.metric("ttu_mean"));
    const double final = std::get<double>(played->outcome.metric("ttf_mean"));
    EXPECT_GT(usable, 0);
    EXPECT_GE(final - usable, static_cast<double>(kWindow) * 2.0) << "blocks of two seconds";
    for (const char* cpu : {"SGX", "SEV-SNP", "TDX"}) {
        s.actors[0].hardware = cpu;
        const auto quoted = play(s);
        EXPECT_EQ(verdict(quoted->outcome), "clean") << cpu;
        EXPECT_NEAR(std::get<double>(quoted->outcome.metric("ttu_mean")), usable, 0.5) << cpu;
    }
    s.actors[0].hardware = "RTX 4090";
    const auto software = play(s);
    EXPECT_DOUBLE_EQ(std::get<double>(software->outcome.metric("ttu_mean")),
                     std::get<double>(software->outcome.metric("ttf_mean")));
}

// F9: "primary" and "zoo" were anchored alike.
TEST_P(InBothFidelities, AnchorsOnTheirWayAreRecordedWithTheirTarget) {
    Scenario s = scenario_in(VerificationMode::kOptimistic, GetParam());
    s.vm.config.merkle_anchor_freq = 3;
    s.vm.config.host_chain_id = "zoo";
    const auto played = play(s);
    EXPECT_EQ(verdict(played->outcome), "clean");
    const auto& anchors = played->rows.rows<AnchorRow>();
    ASSERT_GE(anchors.size(), 3U);
    for (const AnchorRow& row : anchors) {
        EXPECT_EQ(row.target, AnchorTarget::kHostChain);
        EXPECT_EQ(row.block % 3, 0U);
    }
    ASSERT_TRUE(anchors[0].landed_ns);
    EXPECT_EQ(*anchors[0].landed_ns - anchors[0].sent_ns, s.chain.anchor_delay_ns);
}

// Final block less block of submission, the same for every task.
Height blocks_to_finality(const Played& played) {
    const auto& tasks = played.rows.rows<TaskRow>();
    EXPECT_EQ(tasks.size(), 8U);
    const Height first = *tasks.at(0).final_block - tasks.at(0).submit_block;
    for (const TaskRow& task : tasks)
        EXPECT_EQ(*task.final_block - task.submit_block, first) << task.task;
    return first;
}

TEST(TimeToFinality, UndisputedOptimisticIsExecutionInclusionWindowAndOne) {
    const auto played = play(scenario_in(VerificationMode::kOptimistic, Fidelity::kEconomic));
    EXPECT_EQ(blocks_to_finality(*played), kDraw + kInclusion + kWindow + 1);
}

TEST(TimeToFinality, RedundantIsAssignmentCommitAndRevealAndTheWindowWhereThereIsOne) {
    Scenario s = scenario_in(VerificationMode::kRedundant, Fidelity::kEconomic);
    EXPECT_EQ(blocks_to_finality(*play(s)), kDraw + 6 + 5 + kWindow + 1);
    s.vm.config.challenge_window_blocks = 0;
    EXPECT_EQ(blocks_to_finality(*play(s)), kDraw + 6 + 5 + 1);
    s.vm.policy.commit_reveal = false;
    EXPECT_EQ(blocks_to_finality(*play(s)), kDraw + 6 + 1);
}

TEST(TimeToFinality, TeeIsUsableAfterExecutionAndInclusion) {
    const auto played = play(scenario_in(VerificationMode::kTee, Fidelity::kEconomic));
    EXPECT_EQ(blocks_to_finality(*played), kDraw + kInclusion + kWindow + 1);
    EXPECT_EQ(std::get<double>(played->outcome.metric("ttu_mean")),
              static_cast<double>(kDraw + kInclusion) * 2.0);
}

TEST(Costs, OfComputingAndCheckingAreInTheBooks) {
    Scenario s = scenario_in(VerificationMode::kOptimistic, Fidelity::kEconomic);
    const auto free = play(s);
    s.workload.step_cost = millilux(3);
    s.workload.check_cost = millilux(2);
    const auto paid = play(s);
    std::int64_t difference = 0;
    for (std::size_t i = 0; i < free->outcome.payoffs.size(); ++i) {
        difference += free->outcome.payoffs[i].net_nlux - paid->outcome.payoffs[i].net_nlux;
    }
    EXPECT_EQ(difference, static_cast<std::int64_t>(millilux(8 * 5).nlux()))
        << "eight tasks computed and checked";
}

TEST(Costs, OfAFeeThatDoesNotDivideByItsWinnersTheRequesterGetsTheRestBack) {
    Scenario s = scenario_in(VerificationMode::kRedundant, Fidelity::kEconomic);
    s.actors[0].count = 7;
    s.vm.config.redundancy_factor = 4;
    s.vm.policy.redundancy_providers = 7;
    s.workload.fee = millilux(1);
    const auto played = play(s);
    EXPECT_EQ(verdict(played->outcome), "clean");
    const auto& principals = played->rows.rows<PrincipalRow>();
    const auto& payoffs = played->rows.rows<PayoffRow>();
    for (std::size_t i = 0; i < principals.size(); ++i) {
        if (!principals[i].label.starts_with("requester")) continue;
        const std::uint64_t shared = millilux(1).nlux() * 9 / 10 / 7 * 7;  // a tenth is burned
        EXPECT_EQ(payoffs[i].cost.nlux(), 8 * (shared + millilux(1).nlux() / 10));
    }
}

TEST(Principals, AreSharedByGroupsOfAnyRoleThatNameTheSame) {
    Scenario s = scenario_in(VerificationMode::kOptimistic, Fidelity::kEconomic);
    s.actors[0].principal = "both";
    s.actors[1].principal = "both";
    const auto played = play(s);
    const auto& agents = played->rows.rows<AgentRow>();
    const auto owner_of = [&](std::string_view role) {
        return std::ranges::find(agents, role, &AgentRow::role)->principal;
    };
    EXPECT_EQ(owner_of("provider"), owner_of("challenger"));
    EXPECT_EQ(played->outcome.principals.at(owner_of("provider")).label, "both");
    EXPECT_EQ(played->outcome.principals.size(), 3U) << "validators, the one owner, requesters";
}

}  // namespace
}  // namespace aivm::sim::test
