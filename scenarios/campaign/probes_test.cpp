// Small worlds in which each of the rarer probes is reached, beside one in which none of them is.
#include "scenarios/campaign/probes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "scenarios/run/setting.h"
#include "scenarios/testing/test_small.h"
#include "sim/world/world.h"

namespace aivm::scenarios {
namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;

RunFacts facts_of(const sim::Scenario& scenario) {
    FactCounter counter;
    sim::WorldOptions options;
    options.probe = &counter;
    const auto setting = make_setting(scenario);
    EXPECT_TRUE(setting) << setting.error().text();
    if (!setting) return {};
    const auto world = sim::World::make(*setting, options);
    EXPECT_TRUE(world) << world.error().text();
    if (!world) return {};
    return counter.facts(scenario, (*world)->run());
}

sim::FaultPlan fault(sim::FaultKind kind, std::vector<std::uint32_t> validators) {
    sim::FaultPlan plan;
    plan.kind = kind;
    plan.at_ns = 10 * kSecondNs;
    plan.duration_ns = 20 * kSecondNs;
    plan.validators = std::move(validators);
    return plan;
}

const ProbeRow& probe(std::string_view name) {
    return *std::ranges::find(probe_rows(), name, &ProbeRow::name);
}

TEST(Probes, AQuietRunReachesNoneOfTheRareOnes) {
    const RunFacts facts = facts_of(small());
    for (const char* name : {"dispute_timed_out", "torn_write_recovered", "view_change",
                             "cut_with_conflicts", "challenge_in_last_block"}) {
        EXPECT_EQ(probe(name).count(facts), 0U) << name;
    }
    EXPECT_GT(probe("task_completed").count(facts), 0U);
}

TEST(Probes, ANodeThatDiesInAWriteAndComesBackIsCounted) {
    sim::Scenario s = small();
    s.faults = {fault(sim::FaultKind::kTornWrite, {1})};
    EXPECT_EQ(probe("torn_write_recovered").count(facts_of(s)), 1U);
    s.faults = {fault(sim::FaultKind::kCrash, {1})};
    EXPECT_EQ(probe("torn_write_recovered").count(facts_of(s)), 0U) << "no write was torn";
}

TEST(Probes, AProposerThatIsGivenUpIsAViewChange) {
    for (const auto engine : {sim::ConsensusKind::kBft, sim::ConsensusKind::kHotstuff}) {
        sim::Scenario s = small();
        s.chain.consensus = engine;
        s.faults = {fault(sim::FaultKind::kCrash, {0})};
        EXPECT_GT(probe("view_change").count(facts_of(s)), 0U) << word(engine);
        EXPECT_TRUE(probe("view_change").applies(s));
        EXPECT_FALSE(probe("cut_with_conflicts").applies(s));
    }
    EXPECT_FALSE(probe("view_change").applies(small())) << "snowman has no views";
}

TEST(Probes, ASettledVertexWithARivalIsACutWithConflicts) {
    sim::Scenario s = small();
    s.chain.validators = 7;
    s.chain.consensus = sim::ConsensusKind::kAvalanche;
    s.chain.alpha_preference = 6;
    s.chain.beta_virtuous = 8;
    s.chain.beta_rogue = 12;
    s.actors.push_back(group("validator", 1, "vertex_equivocator"));
    EXPECT_GT(probe("cut_with_conflicts").count(facts_of(s)), 0U);
    EXPECT_TRUE(probe("cut_with_conflicts").applies(s));
}

TEST(Probes, AChallengeThatIsNeverRevealedIsADisputeThatTimesOut) {
    sim::Scenario s = small_economic();
    s.actors.push_back(group("challenger", 1, "restart_griefer", {{"rounds", 4}}));
    s.actors.back().stake = lux(100'000);
    EXPECT_GT(probe("dispute_timed_out").count(facts_of(s)), 0U);
}

}  // namespace
}  // namespace aivm::scenarios
