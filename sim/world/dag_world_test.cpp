// Worlds on a DAG: vertices decided by avalanche, settled by cuts.
#include <gtest/gtest.h>

#include <cmath>

#include "sim/testing/test_world.h"

namespace aivm::sim::test {
namespace {

Scenario dag_scenario() {
    Scenario s = small_scenario();
    s.chain.consensus = ConsensusKind::kAvalanche;
    s.chain.beta_virtuous = 8;
    s.chain.beta_rogue = 12;
    return s;
}

std::uint64_t dag_checks_of(const Outcome& outcome, std::string_view id) {
    for (std::size_t i = 0; i < outcome.invariants.size(); ++i)
        if (outcome.invariants[i] == id) return outcome.checks_of[i];
    return 0;
}

TEST(DagWorld, AllTasksBecomeFinalAndLiesAreCaughtAndTheCutsReplay) {
    const auto played = play(dag_scenario());
    EXPECT_EQ(verdict(played->outcome), "clean");
    EXPECT_EQ(figure(played->outcome, "tasks"), 20);
    EXPECT_GT(figure(played->outcome, "n_fraud_posted"), 0);
    EXPECT_EQ(figure(played->outcome, "n_fraud_missed"), 0);
    for (const char* const id :
         {"S1", "S2", "S3", "S4", "S5", "S9", "S14", "S21", "S22", "S23", "S24", "L4", "R3"})
        EXPECT_GT(dag_checks_of(played->outcome, id), 0U) << id;
}

TEST(DagWorld, SlicesAreComparedInRandomOrdersAndAgainInReversedOrderByTheReplay) {
    Scenario s = dag_scenario();
    const std::uint64_t with = dag_checks_of(play(s)->outcome, "R3");
    s.run.solo_replay = false;
    const std::uint64_t without = dag_checks_of(play(s)->outcome, "R3");
    EXPECT_GT(without, 0U);
    EXPECT_GT(with, without);
}

TEST(DagWorld, TimeToAcceptedAndTimeToSettledStandSideBySide) {
    const auto played = play(dag_scenario());
    const double accepted = std::get<double>(played->outcome.metric("tta_mean"));
    const double settled = std::get<double>(played->outcome.metric("tts_mean"));
    EXPECT_GT(accepted, 0);
    EXPECT_GT(settled, accepted);
    EXPECT_EQ(played->rows.rows<CutRow>().size(), played->outcome.blocks);
    EXPECT_GE(figure(played->outcome, "n_vertices"), 20);
    const auto chain = play(small_scenario());
    EXPECT_TRUE(std::isnan(std::get<double>(chain->outcome.metric("tts_mean"))));
    EXPECT_TRUE(chain->rows.rows<VertexRow>().empty());
}

TEST(DagWorld, OneSeedHasOneDigest) {
    const auto first = play(dag_scenario());
    EXPECT_EQ(first->outcome.digest, play(dag_scenario())->outcome.digest);
}

TEST(DagWorld, AValidatorThatCrashesLearnsWhatTheOthersAccepted) {
    Scenario s = dag_scenario();
    FaultPlan crash;
    crash.kind = FaultKind::kCrash;
    crash.at_ns = 20'000'000'000;
    crash.duration_ns = 15'000'000'000;
    crash.validators = {2};
    s.faults = {crash};
    const auto played = play(s);
    EXPECT_EQ(verdict(played->outcome), "clean");
    EXPECT_EQ(figure(played->outcome, "tasks"), 20);
}

Scenario certified_scenario() {
    Scenario s = dag_scenario();
    s.chain.cut_finality = CutFinality::kBft;
    s.chain.certificate_delay_ns = 9'000'000;
    s.vm.config.merkle_anchor_freq = 3;
    s.network.loss_ppm = 50'000;
    FaultPlan crash;
    crash.kind = FaultKind::kCrash;
    crash.at_ns = 20'000'000'000;
    crash.duration_ns = 15'000'000'000;
    crash.validators = {2};
    s.faults = {crash};
    return s;
}

TEST(DagWorld, EverySettledCutIsCertifiedAndAnchorsNeedThat) {
    const auto played = play(certified_scenario());
    EXPECT_EQ(verdict(played->outcome), "clean");
    EXPECT_EQ(figure(played->outcome, "tasks"), 20);
    for (const char* const id : {"S20", "S21", "L8"})
        EXPECT_GE(dag_checks_of(played->outcome, id), played->outcome.blocks - 1) << id;
    const auto anchors = played->rows.rows<AnchorRow>();
    ASSERT_GE(anchors.size(), 3U);
    for (const AnchorRow& each : anchors) EXPECT_GT(each.sent_ns, 0U);
    EXPECT_EQ(played->outcome.digest, play(certified_scenario())->outcome.digest);
}

TEST(DagWorld, AnAnchorWaitsForTheCertificateOfItsCut) {
    Scenario s = certified_scenario();
    s.faults.clear();
    s.workload.tasks = 5;
    const auto plain = [&] {
        Scenario without = s;
        without.chain.cut_finality = CutFinality::kNone;
        return play(without);
    }();
    const auto certified = play(s);
    ASSERT_FALSE(plain->rows.rows<AnchorRow>().empty());
    EXPECT_GT(certified->rows.rows<AnchorRow>().front().sent_ns,
              plain->rows.rows<AnchorRow>().front().sent_ns)
        << "votes and the certificate's delay come before the anchor";
}

TEST(DagWorld, RunsWithOperationsAsConflictKeys) {
    Scenario s = dag_scenario();
    s.chain.conflict_key = ConflictKeyPolicy::kOperation;
    EXPECT_EQ(verdict(play(s)->outcome), "clean");
}

}  // namespace
}  // namespace aivm::sim::test
