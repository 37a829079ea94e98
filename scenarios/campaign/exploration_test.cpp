#include "scenarios/campaign/exploration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "scenarios/campaign/branches.h"
#include "scenarios/campaign/campaign_worker.h"
#include "scenarios/file/print.h"
#include "scenarios/run/setting.h"
#include "scenarios/testing/test_small.h"
#include "sim/world/world.h"

namespace aivm::scenarios {
namespace {

// Some messages are late, and a lie leads to a challenge: a rare probe.
sim::Scenario late_messages() {
    sim::Scenario s = small();
    s.actors.at(1).name = "watchers";
    s.actors.push_back(group("provider", 1, "lazy_guess"));
    s.workload.tasks = 10;
    s.network.reorder_ppm = 50'000;
    return s;
}

CampaignPlan plan_of(const sim::Scenario& scenario, Exploration exploration) {
    CampaignPlan out;
    out.seed = 5;
    out.scenarios = {{scenario.name, canonical_text(scenario)}};
    out.exploration = exploration;
    out.program = "test";
    return out;
}

RunRecord record_of(Exploration exploration, const sim::Scenario& scenario = late_messages()) {
    const auto worker = CampaignWorker::make(plan_of(scenario, exploration), {});
    EXPECT_TRUE(worker);
    return worker->run(3, true);
}

TEST(Exploration, EachWayMakesAnotherRunOfASeedAndRepeatsIt) {
    std::map<Exploration, std::string> digests;
    for (const auto exploration : {Exploration::kUniform, Exploration::kPct,
                                   Exploration::kDelayBounding, Exploration::kBranching}) {
        const RunRecord run = record_of(exploration);
        EXPECT_EQ(run.end, RunEnd::kClean) << word(exploration) << ": " << run.message;
        digests[exploration] = run.digest;
    }
    EXPECT_NE(digests[Exploration::kPct], digests[Exploration::kUniform]);
    EXPECT_NE(digests[Exploration::kDelayBounding], digests[Exploration::kUniform]);
    EXPECT_NE(digests[Exploration::kDelayBounding], digests[Exploration::kPct]);
    EXPECT_EQ(digests[Exploration::kBranching], digests[Exploration::kUniform])
        << "branches changed their trunk";
}

// Runs the scenario with its branches. A branch reports that it ended with a violation whose
// message is its digest.
struct Branched {
    std::string trunk;
    std::optional<RunRecord> branch;
};
Branched run_with_branches(const sim::Scenario& scenario, std::uint64_t seed) {
    const auto setting = make_setting(scenario);
    EXPECT_TRUE(setting);
    sim::BranchedChoices choices(seed);
    FactCounter counter;
    Branches branches(choices, counter);
    sim::WorldOptions options;
    options.seed = seed;
    options.source = &choices;
    options.probe = &branches;
    const auto world = sim::World::make(*setting, options);
    EXPECT_TRUE(world);
    const sim::Outcome outcome = (*world)->run();
    if (branches.is_branch()) {
        RunRecord run;
        run.end = RunEnd::kViolated;
        run.message = outcome.digest.hex();
        branches.finish(std::move(run));
    }
    Branched out{outcome.digest.hex(), {}};
    if (branches.defect() != nullptr) out.branch = *branches.defect();
    return out;
}

std::string digest_of(const sim::Scenario& scenario, std::uint64_t seed, sim::ChoiceSource& choices,
                      sim::ChoiceList* recorded = nullptr) {
    const auto setting = make_setting(scenario);
    EXPECT_TRUE(setting);
    sim::WorldOptions options;
    options.seed = seed;
    options.source = &choices;
    const auto world = sim::World::make(*setting, options);
    EXPECT_TRUE(world);
    const sim::Outcome outcome = (*world)->run();
    if (recorded != nullptr) *recorded = outcome.choices;
    return outcome.digest.hex();
}

TEST(Branches, ABranchIsRepeatedFromTheStartByItsPointAndByItsRecordedChoices) {
    const sim::Scenario scenario = late_messages();
    const Branched branched = run_with_branches(scenario, 3);
    ASSERT_TRUE(branched.branch) << "no rare probe succeeded";
    ASSERT_TRUE(branched.branch->branch);
    EXPECT_EQ(branched.branch->end, RunEnd::kViolated);
    EXPECT_EQ(branched.branch->branch->branch, 1U);
    EXPECT_NE(branched.branch->message, branched.trunk);

    sim::BranchedChoices again(3, branched.branch->branch);
    sim::ChoiceList recorded;
    EXPECT_EQ(digest_of(scenario, 3, again, &recorded), branched.branch->message);
    sim::ReplayChoices replayed(recorded);
    EXPECT_EQ(digest_of(scenario, 3, replayed), branched.branch->message);
}

TEST(Branches, ARunWithoutQuestionsHasNone) {
    sim::Scenario scenario = late_messages();
    scenario.network.reorder_ppm = 0;
    EXPECT_FALSE(run_with_branches(scenario, 3).branch);
}

TEST(Exploration, PlanAndBranchAreRecordedAndAnOlderLogIsUniform) {
    CampaignPlan plan = plan_of(late_messages(), Exploration::kPct);
    auto read = from_line(to_line(plan));
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(std::get<CampaignPlan>(*read).exploration, Exploration::kPct);
    std::string line = to_line(plan);
    const std::string member = "\"explore\":\"pct\",";
    line.erase(line.find(member), member.size());
    read = from_line(line);
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(std::get<CampaignPlan>(*read).exploration, Exploration::kUniform);
    line.insert(1, "\"explore\":\"guess\",");
    EXPECT_FALSE(from_line(line));

    RunRecord run;
    run.branch = sim::BranchPoint{70, 2};
    read = from_line(to_line(run));
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(std::get<RunRecord>(*read).branch, run.branch);
    run.branch.reset();
    read = from_line(to_line(run));
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_FALSE(std::get<RunRecord>(*read).branch);
}

}  // namespace
}  // namespace aivm::scenarios
