// Joining the logs of shards and of campaigns with different seeds. The logs are written here: what
// a campaign writes is campaign_test.cpp's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "scenarios/campaign/campaign.h"
#include "scenarios/campaign/campaign_seeds.h"
#include "scenarios/campaign/campaign_summary.h"

namespace aivm::scenarios {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

CampaignPlan plan_of(std::uint64_t seed, std::uint32_t shard = 1, std::uint32_t shards = 1) {
    CampaignPlan out;
    out.seed = seed;
    out.scenarios = {{"small", "name = \"small\"\n"}, {"other", "name = \"other\"\n"}};
    out.shard = shard;
    out.shards = shards;
    out.program = "test";
    return out;
}

RunRecord run_of(const CampaignPlan& plan, std::uint64_t index, const std::string& digest) {
    RunRecord out;
    out.index = index;
    out.seed = seed_of_run(plan.seed, index);
    out.scenario = plan.scenario_of(index);
    out.digest = digest;
    return out;
}

class CampaignMerges : public testing::Test {
protected:
    void SetUp() override {
        folder_ = fs::path(testing::TempDir()) /
                  ("campaign-merge-" +
                   std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
        fs::remove_all(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }
    [[nodiscard]] std::string folder(const std::string& name) const { return folder_ / name; }
    // Writes a campaign with these runs.
    void make(const std::string& name, const CampaignPlan& plan,
              const std::vector<RunRecord>& runs) const {
        CampaignContents contents;
        auto log = CampaignLog::open(folder(name), plan, contents);
        ASSERT_TRUE(log) << log.error().text();
        for (const RunRecord& run : runs) ASSERT_TRUE(log->append(run));
    }
    [[nodiscard]] Result<MergedCampaign> merge(const std::vector<std::string>& names,
                                               bool incomplete = false) const {
        std::vector<std::string> folders;
        folders.reserve(names.size());
        for (const std::string& name : names) folders.push_back(folder(name));
        return merge_campaigns(folders, folder("out"), incomplete);
    }

private:
    fs::path folder_;
};

TEST_F(CampaignMerges, MissingShardsAreNamedAndNothingIsWrittenWithoutThem) {
    make("1", plan_of(5, 1, 4), {run_of(plan_of(5), 0, "a")});
    make("3", plan_of(5, 3, 4), {run_of(plan_of(5), 2, "b")});
    const auto refused = merge({"1", "3"});
    ASSERT_TRUE(refused) << refused.error().text();
    EXPECT_THAT(refused->missing, ElementsAre("2/4", "4/4"));
    EXPECT_FALSE(fs::exists(folder("out")));
    const auto joined = merge({"1", "3"}, true);
    ASSERT_TRUE(joined) << joined.error().text();
    EXPECT_THAT(joined->missing, ElementsAre("2/4", "4/4"));
    EXPECT_EQ(read_campaign(folder("out"))->runs.size(), 2U);
}

TEST_F(CampaignMerges, AVastNumberOfShardsIsNotListed) {
    make("1", plan_of(5, 1, 4'000'000'000), {});
    const auto refused = merge({"1"});
    ASSERT_TRUE(refused) << refused.error().text();
    EXPECT_EQ(refused->missing.size(), 21U);
    EXPECT_EQ(refused->missing.back(), "further ones");
}

TEST_F(CampaignMerges, CampaignsWithDifferentSeedsSayWhichAndKeepEveryRun) {
    make("a", plan_of(5), {run_of(plan_of(5), 0, "a"), run_of(plan_of(5), 1, "b")});
    make("b", plan_of(9), {run_of(plan_of(9), 0, "c")});
    const auto joined = merge({"a", "b"});
    ASSERT_TRUE(joined) << joined.error().text();
    EXPECT_EQ(joined->contents.plan.seed, 5U);
    EXPECT_THAT(joined->contents.plan.joined_seeds, ElementsAre(9U));
    EXPECT_EQ(summarise(read_campaign(folder("out")).value(), false).runs, 3U);
}

TEST_F(CampaignMerges, ARunOfSeveralPartsCountsOnce) {
    RunRecord late = run_of(plan_of(5), 1, "");
    late.end = RunEnd::kTimedOut;
    make("whole", plan_of(5), {run_of(plan_of(5), 0, "a"), late});
    make("half", plan_of(5, 2, 2), {run_of(plan_of(5), 1, "b")});
    const auto joined = merge({"whole", "half"});
    ASSERT_TRUE(joined) << joined.error().text();
    const CampaignSummary summary = summarise(joined->contents, false);
    EXPECT_EQ(summary.runs, 2U);
    EXPECT_EQ(summary.ended(RunEnd::kClean), 2U);  // another machine took too long
}

TEST_F(CampaignMerges, PartsThatDisagreeOnADigestAreAFinding) {
    make("a", plan_of(5), {run_of(plan_of(5), 0, "a")});
    make("b", plan_of(5), {run_of(plan_of(5), 0, "b")});
    make("c", plan_of(5), {run_of(plan_of(5), 0, "a")});
    const auto joined = merge({"a", "b", "c"});
    ASSERT_TRUE(joined) << joined.error().text();
    const CampaignSummary summary = summarise(joined->contents, false);
    EXPECT_EQ(summary.ended(RunEnd::kNotDeterministic), 1U);
    EXPECT_THAT(summary.failures.at(0).message, HasSubstr("the digest b in another part"));
}

TEST_F(CampaignMerges, WhatDoesNotBelongTogetherIsRefused) {
    make("a", plan_of(5), {});
    CampaignPlan other = plan_of(5);
    other.scenarios.pop_back();
    make("b", other, {});
    EXPECT_THAT(merge({"a", "b"}).error().text(), HasSubstr("do not belong together"));
    EXPECT_THAT(merge({"a", "nowhere"}).error().text(), HasSubstr("nowhere"));
    make("out", plan_of(5), {});
    EXPECT_THAT(merge({"a"}).error().text(), HasSubstr("holds a campaign"));
}

}  // namespace
}  // namespace aivm::scenarios
