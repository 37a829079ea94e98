// Each strategy of a DAG's validators in a small world: its effect shows, and no promise breaks.
#include <gmock/gmock.h>

#include <set>

#include "scenarios/adversaries/check_strategies.h"
#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/testing/test_small.h"

namespace aivm::scenarios {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

sim::Scenario seven(std::uint32_t members, std::string strategy,
                    std::map<std::string, std::int64_t> parameters = {}) {
    sim::Scenario s = small();
    s.chain.validators = 7;
    s.chain.consensus = sim::ConsensusKind::kAvalanche;
    s.chain.alpha_preference = 6;
    s.chain.beta_virtuous = 8;
    s.network.latency = "20ms";
    s.workload.tasks = 12;
    s.chain.beta_rogue = 12;
    s.actors.push_back(group("validator", members, std::move(strategy), std::move(parameters)));
    return s;
}

struct Played {
    sim::Outcome outcome;
    sim::VectorSink rows;
};

std::unique_ptr<Played> play(const sim::Scenario& scenario, std::uint64_t seed = 1) {
    auto out = std::make_unique<Played>();
    RunOptions options;
    options.seed = seed;
    auto outcome = run_scenario(scenario, options, out->rows, {});
    if (!outcome) {
        ADD_FAILURE() << outcome.error().text();
        return out;
    }
    out->outcome = *outcome;
    EXPECT_EQ(verdict(out->outcome), "clean");
    EXPECT_EQ(count(out->outcome, "tasks"), scenario.workload.tasks);
    EXPECT_EQ(count(out->outcome, "honest_false_slash"), 0);
    return out;
}

std::size_t vertices_by(const Played& played, std::uint32_t proposer) {
    return static_cast<std::size_t>(
        std::ranges::count_if(played.rows.rows<sim::VertexRow>(), [&](const sim::VertexRow& row) {
            return row.proposer == proposer && !row.is_cut && row.operations > 0;
        }));
}

TEST(DagStrategies, A44AParasiteChainIsRejectedAndSettlesNothingTwice) {
    const auto played = play(seven(1, "parasite_chain"));
    EXPECT_GT(vertices_by(*played, 6), 0U);
    EXPECT_GT(count(played->outcome, "n_conflicts"), 0);
    EXPECT_GT(count(played->outcome, "n_vertices_rejected"), 0);
}

TEST(DagStrategies, A45AConflictFlooderMakesContestsThatEnd) {
    const auto quiet = play(seven(2, "conflict_flooder", {{"share_ppm", 0}}));
    const auto flooded = play(seven(2, "conflict_flooder"));
    EXPECT_GT(count(flooded->outcome, "n_conflicts"), count(quiet->outcome, "n_conflicts"));
    EXPECT_EQ(count(flooded->outcome, "slash_taken"), 0) << "each vertex is signed once";
    for (const sim::ConflictRow& row : flooded->rows.rows<sim::ConflictRow>())
        EXPECT_TRUE(row.decided_ns.has_value()) << row.conflict;
}

TEST(DagStrategies, A46AJobKeyGrieferDelaysProofsOnlyWhereTheKeyIsTheJob) {
    sim::Scenario s = seven(2, "job_key_griefer");
    s.actors.back().principal = "griefer";
    s.actors.push_back(group("provider", 1, "job_key_griefer"));
    s.actors.back().principal = "griefer";
    s.workload.tasks = 20;
    const auto by_job = play(s);
    EXPECT_GT(count(by_job->outcome, "n_fraud_posted"), 0);
    EXPECT_EQ(count(by_job->outcome, "n_fraud_missed"), 0) << "the window is long enough";
    s.chain.conflict_key = ConflictKeyPolicy::kOperation;
    const auto by_operation = play(s);
    EXPECT_GT(count(by_job->outcome, "n_conflicts"), count(by_operation->outcome, "n_conflicts"));
}

TEST(DagStrategies, A47TwoVerticesOfOneSlotCostHalfOfTheStake) {
    const auto played = play(seven(1, "vertex_equivocator"));
    EXPECT_GE(count(played->outcome, "slash_taken"), 1'000'000'000'000);
    EXPECT_GT(count(played->outcome, "n_conflicts"), 0);
    const auto never = play(seven(1, "vertex_equivocator", {{"share_ppm", 0}}));
    EXPECT_EQ(count(never->outcome, "slash_taken"), 0);
}

TEST(DagStrategies, AVertexForgerIsSlashedAndEveryNodeAnswersAsItDeserves) {
    const auto played = play(seven(1, "vertex_forger"));
    EXPECT_GE(count(played->outcome, "slash_taken"), 1'000'000'000'000);
    const auto s27 = std::ranges::find(played->outcome.invariants, "S27");
    ASSERT_NE(s27, played->outcome.invariants.end());
    const auto at = static_cast<std::size_t>(s27 - played->outcome.invariants.begin());
    EXPECT_GT(played->outcome.checks_of.at(at), 6U);
}

TEST(DagStrategies, A48ABalanceAttackerLosesItsStakeAndNoContestIsLeftOpen) {
    const auto played = play(seven(1, "balance_attacker"));
    EXPECT_GE(count(played->outcome, "slash_taken"), 1'000'000'000'000);
    for (const sim::ConflictRow& row : played->rows.rows<sim::ConflictRow>())
        EXPECT_TRUE(row.decided_ns.has_value()) << row.conflict;
}

// Two of one principal: neither signs anything twice.
sim::Scenario with_accomplices(std::string strategy) {
    sim::Scenario s = seven(2, std::move(strategy));
    s.actors.back().shared_principal = true;
    return s;
}

TEST(DagStrategies, A48WithAnAccompliceABalanceAttackerLosesNothing) {
    const auto played = play(with_accomplices("balance_attacker"));
    EXPECT_EQ(count(played->outcome, "slash_taken"), 0);
    EXPECT_GT(count(played->outcome, "n_conflicts"), 0);
    for (const sim::ConflictRow& row : played->rows.rows<sim::ConflictRow>())
        EXPECT_TRUE(row.decided_ns.has_value()) << row.conflict;
}

TEST(DagStrategies, A28AnswersForBothSidesCountForNeitherAndCostNothing) {
    sim::Scenario s = seven(1, "equivocator");
    s.actors.push_back(group("validator", 1, "conflict_flooder"));
    const auto played = play(s);
    EXPECT_GT(count(played->outcome, "n_conflicts"), 0);
    EXPECT_EQ(count(played->outcome, "slash_taken"), 0) << "nobody signs an answer";
}

TEST(DagStrategies, A28AVoteForTheRivalOfACutCostsHalfOfTheStake) {
    sim::Scenario s = seven(1, "equivocator");
    s.chain.cut_finality = sim::CutFinality::kBft;
    EXPECT_GE(count(play(s)->outcome, "slash_taken"), 1'000'000'000'000);
    s.actors.back().parameters["share_ppm"] = 0;
    EXPECT_EQ(count(play(s)->outcome, "slash_taken"), 0);
}

TEST(DagStrategies, A49WithheldCutsAreIssuedByTheNextTurn) {
    double withheld = 0;
    double honest = 0;
    constexpr std::uint64_t kSeeds = 6;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
        const auto played = play(seven(3, "cut_withholder"), seed);
        for (const sim::VertexRow& row : played->rows.rows<sim::VertexRow>())
            EXPECT_FALSE(row.is_cut && row.proposer >= 4) << row.vertex;
        withheld += number(played->outcome, "tts_mean");
        honest +=
            number(play(seven(3, "cut_withholder", {{"share_ppm", 0}}), seed)->outcome, "tts_mean");
    }
    EXPECT_GT(withheld / kSeeds, honest / kSeeds + 0.5);
}

TEST(DagStrategies, A54ALateVertexIsSettledLater) {
    const auto late = play(seven(2, "late_vertex"));
    const auto honest = play(seven(2, "honest"));
    EXPECT_GT(number(late->outcome, "tts_p99"), number(honest->outcome, "tts_p99"));
    EXPECT_GT(number(late->outcome, "tta_p99"), 9.0) << "held for ten seconds";
}

TEST(DagStrategies, A55WhatOrphansCarriedIsSettledAllTheSame) {
    const auto played = play(seven(2, "orphan_maker"));
    EXPECT_GT(count(played->outcome, "n_vertices_rejected"), 0);
    EXPECT_EQ(count(played->outcome, "tasks_pending"), 0);
}

// They build on it where they issue often and have much to issue.
TEST(DagStrategies, A55TheHonestBuildOnWhatIsRejected) {
    sim::Scenario s = with_accomplices("orphan_maker");
    s.chain.vertex_interval_ns = 100'000'000;
    s.workload.tasks = 60;
    s.workload.tasks_per_block = 8;
    s.workload.requesters = 6;
    s.vm.config.max_tasks_per_provider = 100;
    std::int64_t orphaned = 0;
    std::int64_t honest = 0;
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        const auto played = play(s, seed);
        EXPECT_EQ(count(played->outcome, "slash_taken"), 0);
        orphaned += count(played->outcome, "n_vertices_orphaned");
        std::set<std::uint32_t> contested;
        for (const sim::ConflictRow& row : played->rows.rows<sim::ConflictRow>())
            contested.insert({row.first, row.second});
        for (const sim::VertexRow& row : played->rows.rows<sim::VertexRow>())
            if (row.rejected_ns && row.proposer < 5 && !contested.contains(row.vertex)) ++honest;
    }
    EXPECT_GT(honest, 0);
    EXPECT_GE(orphaned, honest);
}

TEST(DagStrategies, AnIdentityThatRunsTwiceIsReportedOnADagToo) {
    const auto played = play(seven(1, "twin"));
    EXPECT_GE(count(played->outcome, "slash_taken"), 1'000'000'000'000);
}

TEST(DagStrategies, LateAndDamagedMessagesAndFalseFrontiersHarmNobody) {
    play(seven(1, "late_answers"));
    play(seven(1, "malformed_bytes"));
    play(seven(1, "silent_validator"));
    play(seven(1, "frontier_liar"));
}

TEST(DagStrategies, AStrategyOfADagIsRefusedOnAChain) {
    sim::Scenario s = seven(1, "late_vertex");
    EXPECT_THAT(check_strategies(s), IsEmpty());
    s.chain.consensus = sim::ConsensusKind::kSnowman;
    EXPECT_THAT(check_strategies(s), ElementsAre(Field(&sim::ScenarioProblem::message,
                                                       HasSubstr("does something only on a DAG"))));
    s.actors.back().strategy = "minority_keeper";
    s.actors.back().parameters.clear();
    EXPECT_THAT(check_strategies(s), IsEmpty());
    s.chain.consensus = sim::ConsensusKind::kAvalanche;
    EXPECT_THAT(check_strategies(s), ElementsAre(Field(&sim::ScenarioProblem::remedy,
                                                       HasSubstr("chain.consensus to snowman"))));
}

}  // namespace
}  // namespace aivm::scenarios
