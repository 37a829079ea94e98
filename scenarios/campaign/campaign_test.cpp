// Campaigns from end to end: runs in worker processes, their log, and what is saved of a violation.
#include "scenarios/campaign/campaign.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "scenarios/campaign/campaign_seeds.h"
#include "scenarios/campaign/campaign_summary.h"
#include "scenarios/campaign/finding.h"
#include "scenarios/campaign/probes.h"
#include "scenarios/campaign/trace_key.h"
#include "scenarios/file/load.h"
#include "scenarios/file/print.h"
#include "scenarios/run/run.h"
#include "scenarios/testing/test_small.h"

namespace aivm::scenarios {
namespace {

namespace fs = std::filesystem;

std::uint64_t monotonic_ns() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

// Groups of a file have names of their own.
sim::Scenario named(sim::Scenario s) {
    s.actors.at(1).name = "watchers";
    return s;
}

sim::Scenario few_tasks() {
    sim::Scenario s = named(small_economic());
    s.workload.tasks = 6;
    return s;
}

// Providers leave while their results may still be challenged, and the rules allow it.
sim::Scenario leaving_providers() {
    auto loaded = load_scenario_file(AIVM_SOURCE_DIR "/scenarios/catalog/unbond_escape.toml");
    EXPECT_TRUE(loaded);
    loaded->scenario.expected_violations.clear();
    loaded->scenario.chain.validators = 5;  // a run takes a fifth of the time
    loaded->scenario.workload.tasks = 40;
    return loaded->scenario;
}

CampaignPlan plan_of(const std::vector<sim::Scenario>& scenarios, std::uint64_t seed = 5) {
    CampaignPlan out;
    out.seed = seed;
    out.repeat_one_in = 4;
    out.program = "test";
    for (const sim::Scenario& scenario : scenarios)
        out.scenarios.push_back({scenario.name, canonical_text(scenario)});
    return out;
}

CampaignOptions runs(std::uint64_t runs_max) {
    CampaignOptions out;
    out.jobs = 2;
    out.runs_max = runs_max;
    out.shrink_tries = 60;
    out.wall_clock_ns = monotonic_ns;
    return out;
}

class Campaigns : public testing::Test {
protected:
    void SetUp() override {
        folder_ = fs::path(testing::TempDir()) /
                  ("campaign-" +
                   std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
        fs::remove_all(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }
    [[nodiscard]] std::string folder(const std::string& name = "a") const { return folder_ / name; }
    [[nodiscard]] static CampaignResult campaign(const CampaignPlan& plan,
                                                 const std::string& folder,
                                                 const CampaignOptions& options) {
        auto result = run_campaign(plan, folder, options);
        EXPECT_TRUE(result) << result.error().text();
        return result.value_or(CampaignResult{});
    }

private:
    fs::path folder_;
};

// The runs by number, as the lines of a log without what differs between machines.
std::map<std::uint64_t, std::string> lines(const CampaignContents& contents) {
    std::map<std::uint64_t, std::string> out;
    for (RunRecord run : contents.runs) {
        run.cpu_us = 0;
        run.memory_kib = 0;
        out[run.index] = to_line(run);
    }
    return out;
}

// Two workers: the second run ended first, and was saved.
TEST(CampaignSummaries, ARowHasTheSeedOfTheRunThatItsFindingShows) {
    CampaignContents contents;
    contents.plan = plan_of({few_tasks()});
    for (const std::uint64_t index : {0, 1}) {
        RunRecord& run = contents.runs.emplace_back();
        run.index = index;
        run.seed = 100 + index;
        run.end = RunEnd::kViolated;
        run.violations = {{"S1", "agreement", "two blocks at height 3", false}};
    }
    FindingRecord& finding = contents.findings.emplace_back();
    finding.id = "f";
    finding.index = 1;
    finding.seed = 101;
    finding.key = finding.trace = trace_key("S1", "two blocks at height 3", {});
    const auto defects = summarise(contents, false).defects;
    ASSERT_EQ(defects.size(), 1U);
    EXPECT_EQ(defects[0].runs, 2U);
    EXPECT_EQ(defects[0].seed, 101U);
    contents.findings.clear();
    EXPECT_EQ(summarise(contents, false).defects[0].seed, 100U);
}

TEST_F(Campaigns, EveryRunIsTheRunOfItsSeedAndNoSeedIsUsedTwice) {
    const sim::Scenario scenario = few_tasks();
    const CampaignResult result = campaign(plan_of({scenario}), folder(), runs(8));
    ASSERT_EQ(result.contents.runs.size(), 8U);
    std::set<std::uint64_t> seeds;
    for (const RunRecord& run : result.contents.runs) {
        EXPECT_EQ(run.end, RunEnd::kClean) << run.message;
        EXPECT_EQ(run.seed, seed_of_run(5, run.index));
        seeds.insert(run.seed);
        RunOptions options;
        options.seed = run.seed;
        EXPECT_EQ(run_scenario(scenario, options)->digest.hex(), run.digest);
        EXPECT_EQ(run.repeated, run.index % 4 == 0);
    }
    EXPECT_EQ(seeds.size(), 8U);
    const CampaignSummary summary = summarise(result.contents, false);
    EXPECT_EQ(summary.runs, 8U);
    EXPECT_EQ(summary.repeated, 2U);
    EXPECT_TRUE(summary.defects.empty());
    EXPECT_GT(summary.runs_per_cpu_second.median, 0);
}

TEST_F(Campaigns, ACampaignGoesOnWhereItEndedAndAfterALineThatWasCutShort) {
    const CampaignPlan plan = plan_of({few_tasks()});
    EXPECT_EQ(campaign(plan, folder(), runs(5)).runs_made, 5U);
    const fs::path log = fs::path(folder()) / kCampaignLogName;
    fs::resize_file(log, fs::file_size(log) - 10);  // as if it had been killed while it wrote
    const CampaignResult second = campaign(plan, folder(), runs(9));
    EXPECT_EQ(second.runs_made, 5U);
    EXPECT_EQ(second.contents.runs.size(), 9U);
    EXPECT_EQ(lines(second.contents), lines(campaign(plan, folder("b"), runs(9)).contents));
}

TEST_F(Campaigns, ShardsMergeToTheWholeCampaign) {
    CampaignPlan plan = plan_of({few_tasks(), leaving_providers()});
    const CampaignResult whole = campaign(plan, folder("whole"), runs(12));
    plan.shards = 2;
    for (const std::uint32_t shard : {1U, 2U}) {
        plan.shard = shard;
        (void)campaign(plan, folder(std::to_string(shard)), runs(6));
    }
    const auto merged = merge_campaigns({folder("1"), folder("2")}, folder("merged"), false);
    ASSERT_TRUE(merged) << merged.error().text();
    std::set<std::uint64_t> of_merged;
    std::set<std::uint64_t> of_whole;
    for (const RunRecord& run : merged->contents.runs) of_merged.insert(run.seed);
    for (const RunRecord& run : whole.contents.runs) of_whole.insert(run.seed);
    EXPECT_EQ(of_merged, of_whole);
    ASSERT_EQ(summarise(merged->contents, false).defects.size(), 1U);
    const std::string id = summarise(merged->contents, false).defects[0].finding;
    EXPECT_TRUE(load_finding(folder("merged") + "/findings/" + id)) << id;
    EXPECT_TRUE(load_scenario_file(folder("merged") + "/scenarios/1-small.toml"));
    // The whole goes on where its parts ended.
    plan.shard = plan.shards = 1;
    EXPECT_EQ(campaign(plan, folder("merged"), runs(14)).runs_made, 2U);
}

// Whatever the number of scenarios, shards and the share have in common.
TEST(CampaignPlans, EveryScenarioIsRepeatedInItsShareOfTheRuns) {
    constexpr std::uint64_t kRuns = 30'000;
    for (const std::uint32_t shards : {1U, 2U, 3U}) {
        for (const std::size_t scenarios : {1U, 2U, 3U, 4U, 5U}) {
            CampaignPlan plan;
            plan.scenarios.resize(scenarios);
            plan.shards = shards;
            plan.repeat_one_in = 4;
            std::map<std::pair<std::uint32_t, std::uint32_t>, std::pair<int, int>> counts;
            for (std::uint64_t index = 0; index < kRuns; ++index) {
                const auto shard = static_cast<std::uint32_t>(index % shards + 1);
                auto& [all, twice] = counts[{shard, plan.scenario_of(index)}];
                // The first of each, so that short campaigns check every scenario as well.
                EXPECT_TRUE(all > 0 || plan.repeats(index)) << index;
                ++all;
                twice += plan.repeats(index) ? 1 : 0;
            }
            for (const auto& [where, count] : counts)
                EXPECT_EQ(count.second, (count.first + 3) / 4) << shards << " " << scenarios;
        }
    }
    CampaignPlan never;
    never.scenarios.resize(2);
    never.repeat_one_in = 0;
    EXPECT_FALSE(never.repeats(0));
}

TEST_F(Campaigns, EveryScenarioIsCheckedForDeterminism) {
    sim::Scenario other = few_tasks();
    other.name = "other";
    const CampaignPlan plan = plan_of({few_tasks(), other, leaving_providers()});
    const CampaignSummary summary = summarise(campaign(plan, folder(), runs(9)).contents, false);
    ASSERT_EQ(summary.scenarios.size(), 3U);
    for (const ScenarioRuns& scenario : summary.scenarios) {
        EXPECT_EQ(scenario.runs, 3U) << scenario.name;
        EXPECT_EQ(scenario.repeated, 1U) << scenario.name;
    }
}

// What stands behind the first violation of one run may be the first of another.
TEST_F(Campaigns, AViolationBehindAnotherIsStillSavedWhenItComesFirst) {
    const CampaignPlan plan = plan_of({leaving_providers()});
    CampaignContents contents;
    {
        auto log = CampaignLog::open(folder(), plan, contents);
        ASSERT_TRUE(log);
        RunRecord run;
        run.index = 7;
        run.seed = seed_of_run(plan.seed, 7);
        run.end = RunEnd::kViolated;
        run.violations = {{"E3", "x", "saved first", false}, {"E3", "x", "behind it", false}};
        ASSERT_TRUE(log->append(run));
        run.index = 8;
        run.seed = seed_of_run(plan.seed, 8);
        run.violations = {{"E3", "x", "behind it", false}};
        ASSERT_TRUE(log->append(run));
    }
    CampaignOptions options = runs(2);
    options.shrink_tries = 0;
    EXPECT_EQ(campaign(plan, folder(), options).contents.findings.size(), 2U);
}

// Without numbers the two messages are one; the finding is of the second scenario.
TEST(CampaignSummaries, ARowNamesTheScenarioOfItsFinding) {
    CampaignContents contents;
    sim::Scenario other = few_tasks();
    other.name = "other one";
    contents.plan = plan_of({few_tasks(), other});
    for (const std::uint32_t scenario : {0, 1}) {
        RunRecord& run = contents.runs.emplace_back();
        run.index = scenario;
        run.seed = 100 + scenario;
        run.scenario = scenario;
        run.end = RunEnd::kViolated;
        run.violations = {
            {"S1", "agreement", fmt::format("two blocks at height {}", scenario), false}};
    }
    FindingRecord& finding = contents.findings.emplace_back();
    finding.id = "f";
    finding.index = 1;
    finding.seed = 101;
    finding.scenario = 1;
    finding.key = finding.trace = trace_key("S1", "two blocks at height 1", {});
    const auto defects = summarise(contents, false).defects;
    ASSERT_EQ(defects.size(), 1U);
    EXPECT_EQ(defects[0].scenario, "other one");
    EXPECT_EQ(defects[0].file, "scenarios/2-other_one.toml");
    EXPECT_EQ(defects[0].seed, 101U);
}

TEST(CampaignSummaries, FailuresOfTwoScenariosAreTwoRows) {
    CampaignContents contents;
    contents.plan = plan_of({few_tasks(), leaving_providers()});
    for (const std::uint32_t scenario : {0, 1, 0}) {
        RunRecord& run = contents.runs.emplace_back();
        run.index = contents.runs.size();
        run.seed = 100 + run.index;
        run.scenario = scenario;
        run.end = RunEnd::kTimedOut;
        run.message = "the run took longer than 1 s of CPU time";
    }
    const auto failures = summarise(contents, false).failures;
    ASSERT_EQ(failures.size(), 2U);
    EXPECT_EQ(failures[0].runs, 2U);
    EXPECT_EQ(failures[1].scenario, "unbond_escape");
    EXPECT_NE(failures[0].file, failures[1].file);
}

TEST_F(Campaigns, ManyViolationsOfOneKindAreOneDefectWithOneShrunkFinding) {
    const CampaignResult result = campaign(plan_of({leaving_providers()}), folder(), runs(6));
    const CampaignSummary summary = summarise(result.contents, false);
    EXPECT_EQ(summary.ended(RunEnd::kViolated), 6U);
    ASSERT_EQ(summary.defects.size(), 1U);
    const Defect& defect = summary.defects[0];
    EXPECT_EQ(defect.invariant, "E3");
    EXPECT_EQ(defect.runs, 6U);
    EXPECT_LE(defect.actions_after, 12U);
    const auto replay = replay_finding(folder() + "/findings/" + defect.finding);
    ASSERT_TRUE(replay) << replay.error().text();
    EXPECT_TRUE(replay->reproduced()) << replay->difference;
}

TEST_F(Campaigns, FailFastEndsWithTheFirstViolationAndStillSavesIt) {
    CampaignOptions options = runs(1000);
    options.fail_fast = true;
    const CampaignResult result = campaign(plan_of({leaving_providers()}), folder(), options);
    EXPECT_LE(result.runs_made, options.jobs);
    // Each job may have been at another violation.
    EXPECT_GE(result.contents.findings.size(), 1U);
    EXPECT_LE(result.contents.findings.size(), result.runs_made);
}

TEST_F(Campaigns, ARunThatTakesTooLongIsAFailureWithAScenarioToRepeatIt) {
    CampaignOptions options = runs(1);
    options.run_limit_ns = 1'000'000;
    sim::Scenario scenario = named(small());
    scenario.workload.tasks = 3000;
    const CampaignResult result = campaign(plan_of({scenario}), folder(), options);
    const CampaignSummary summary = summarise(result.contents, false);
    ASSERT_EQ(summary.failures.size(), 1U);
    EXPECT_EQ(summary.failures[0].end, RunEnd::kTimedOut);
    const auto loaded = load_scenario_file(folder() + "/" + summary.failures[0].file);
    ASSERT_TRUE(loaded) << to_text(loaded.error());
    EXPECT_EQ(loaded->scenario.workload.tasks, 3000U);
}

TEST_F(Campaigns, StoppingKeepsTheRunsThatWereBegun) {
    CampaignOptions options = runs(1000);
    std::uint64_t asked = 0;
    options.stop = [&] { return ++asked > 6; };
    const CampaignResult result = campaign(plan_of({few_tasks()}), folder(), options);
    EXPECT_TRUE(result.stopped);
    EXPECT_GT(result.runs_made, 0U);
    EXPECT_EQ(read_campaign(folder())->runs.size(), result.runs_made);
}

TEST_F(Campaigns, ACampaignEndsWhenTheNextRunHardlyShowsAnythingNew) {
    CampaignOptions options = runs(1000);
    options.unseen_max = 0.9;
    const CampaignResult result = campaign(plan_of({few_tasks()}), folder(), options);
    EXPECT_TRUE(result.saturated);
    EXPECT_LE(summarise(result.contents, false).unseen.next_is_new_max, 0.9);
    EXPECT_LT(result.runs_made, 200U);
    // The runs that were made count when it goes on.
    EXPECT_EQ(campaign(plan_of({few_tasks()}), folder(), options).runs_made, 0U);
}

TEST_F(Campaigns, AProbeThatIsNotReachedOftenEnoughIsMissed) {
    const CampaignResult result = campaign(plan_of({few_tasks()}), folder(), runs(30));
    const CampaignSummary summary = summarise(result.contents, true);
    const auto probe = [&](std::string_view name) {
        return *std::ranges::find(summary.probes, name, &ProbeShare::name);
    };
    EXPECT_EQ(probe("task_completed").runs, 30U);
    EXPECT_FALSE(probe("task_completed").missed());
    EXPECT_EQ(probe("crash").judged, 0U) << "the scenario has no faults";
    EXPECT_FALSE(probe("crash").missed());
}

// Thirty runs of a swarm that reached the probes named, and no others.
CampaignContents runs_of_a_swarm(const std::vector<std::string>& probes) {
    auto swarm = load_scenario_file(AIVM_SOURCE_DIR "/scenarios/catalog/swarm.toml");
    EXPECT_TRUE(swarm);
    CampaignContents out;
    out.plan = plan_of({swarm->scenario, few_tasks()});
    for (std::uint64_t i = 0; i < 60; ++i) {
        RunRecord& run = out.runs.emplace_back();
        run.index = i;
        run.scenario = static_cast<std::uint32_t>(i % 2);
        run.digest = "d";
        run.probes = probes;
    }
    return out;
}

TEST(Probes, OneThatASwarmNeverReachesIsMissedAndNamed) {
    std::vector<std::string> all;
    for (const ProbeRow& row : probe_rows()) {
        EXPECT_GT(row.target, 0) << row.name;
        EXPECT_LT(row.target, 1) << row.name;
        all.emplace_back(row.name);
    }
    const auto missed = [](const CampaignContents& contents, bool targets) {
        std::vector<std::string> names;
        for (const ProbeShare& probe : summarise(contents, targets).probes)
            if (probe.missed()) names.push_back(probe.name);
        return names;
    };
    EXPECT_TRUE(missed(runs_of_a_swarm(all), true).empty());
    std::erase(all, "crash");
    EXPECT_EQ(missed(runs_of_a_swarm(all), true), std::vector<std::string>{"crash"});
    EXPECT_TRUE(missed(runs_of_a_swarm(all), false).empty());
    const auto shares = summarise(runs_of_a_swarm(all), true).probes;
    const auto crash = std::ranges::find(shares, "crash", &ProbeShare::name);
    EXPECT_EQ(crash->judged, 30U) << "only the runs of the swarm, not those without faults";
    EXPECT_EQ(std::ranges::find(shares, "quorum_reached", &ProbeShare::name)->judged, 0U)
        << "no committee in either scenario";
}

}  // namespace
}  // namespace aivm::scenarios
