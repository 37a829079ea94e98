#include "scenarios/campaign/campaign_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace aivm::scenarios {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

CampaignPlan plan(std::uint64_t seed = 1) {
    CampaignPlan out;
    out.seed = seed;
    out.scenarios = {{"small", "name = \"small\"\n"}};
    out.program = "test";
    out.joined_seeds = {~std::uint64_t{0}, 7};
    return out;
}

RunRecord run(std::uint64_t index) {
    RunRecord out;
    out.index = index;
    out.seed = ~std::uint64_t{0} - index;  // above 2^53
    out.end = RunEnd::kViolated;
    out.digest = "9f3c";
    out.behaviour = "violated 12";
    out.probes = {"crash", "recovered"};
    out.violations = {{"E3", "bond-outlives-obligation", "a \"quoted\" message\n", false}};
    out.cpu_us = 12345;
    return out;
}

class CampaignLogs : public testing::Test {
protected:
    void SetUp() override {
        folder_ = fs::path(testing::TempDir()) /
                  ("campaign-log-" +
                   std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
        fs::remove_all(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    [[nodiscard]] std::string folder() const { return folder_.string(); }
    [[nodiscard]] fs::path file() const { return folder_ / kCampaignLogName; }
    [[nodiscard]] std::string text() const {
        std::ifstream in(file(), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    }
    void set_text(const std::string& text) const {
        std::ofstream(file(), std::ios::binary | std::ios::trunc) << text;
    }
    // A log with two runs.
    void make() const {
        CampaignContents contents;
        auto log = CampaignLog::open(folder(), plan(), contents);
        ASSERT_TRUE(log) << log.error().text();
        ASSERT_TRUE(log->append(run(0)));
        ASSERT_TRUE(log->append(run(1)));
    }
    [[nodiscard]] std::string open_error(const CampaignPlan& with = plan()) const {
        CampaignContents contents;
        const auto log = CampaignLog::open(folder(), with, contents);
        return log ? "opened" : log.error().text();
    }

private:
    fs::path folder_;
};

TEST_F(CampaignLogs, WhatIsWrittenIsRead) {
    make();
    const auto read = read_campaign(folder());
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(to_line(read->plan), to_line(plan()));
    ASSERT_EQ(read->runs.size(), 2U);
    EXPECT_EQ(to_line(read->runs[1]), to_line(run(1)));
    EXPECT_EQ(read->runs[1].seed, run(1).seed);
}

TEST_F(CampaignLogs, ALineThatWasCutShortIsDroppedAndTheLogGoesOn) {
    make();
    const std::string whole = text();
    set_text(whole + to_line(run(2)).substr(0, 30));
    CampaignContents contents;
    {
        auto log = CampaignLog::open(folder(), plan(), contents);
        ASSERT_TRUE(log) << log.error().text();
        EXPECT_EQ(contents.runs.size(), 2U);
        ASSERT_TRUE(log->append(run(2)));
    }
    EXPECT_EQ(text(), whole + to_line(run(2)) + "\n");
}

TEST_F(CampaignLogs, ADamagedLineIsNamed) {
    make();
    const std::string whole = text();
    set_text("x" + whole);
    EXPECT_THAT(open_error(), HasSubstr("campaign.jsonl:1: not a JSON object"));
    set_text(whole + "{\"run\": 3}\n");
    EXPECT_THAT(open_error(), HasSubstr("campaign.jsonl:4: "));
    EXPECT_THAT(open_error(), HasSubstr("remove the line"));
    std::string other = whole;
    other.replace(other.find("\"campaign\":4"), 12, "\"campaign\":9");
    set_text(other);
    EXPECT_THAT(open_error(), HasSubstr("version 9"));
    set_text(to_line(run(0)) + "\n");
    EXPECT_THAT(open_error(), HasSubstr("does not begin with a campaign"));
    set_text(whole + to_line(run(1)) + "\n");
    EXPECT_THAT(open_error(), HasSubstr("campaign.jsonl:4: a run that stands above already"));
    FindingRecord finding;
    finding.scenario = 1;
    set_text(whole + to_line(finding) + "\n");
    EXPECT_THAT(open_error(), HasSubstr("campaign.jsonl:4: a finding of an unknown scenario"));
}

TEST_F(CampaignLogs, AnotherCampaignIsRefused) {
    make();
    EXPECT_THAT(open_error(plan(2)), HasSubstr("its seed is 1 and not 2"));
    CampaignPlan other = plan();
    other.scenarios[0].text = "name = \"other\"\n";
    EXPECT_THAT(open_error(other), HasSubstr("has other values"));
    other = plan();
    other.shard = 2;
    other.shards = 3;
    EXPECT_THAT(open_error(other), HasSubstr("it is shard 1/1 and not 2/3"));
    EXPECT_EQ(open_error(), "opened");
}

TEST_F(CampaignLogs, OneProcessWritesAtATime) {
    CampaignContents contents;
    const auto first = CampaignLog::open(folder(), plan(), contents);
    ASSERT_TRUE(first);
    EXPECT_THAT(open_error(), HasSubstr("is being written by another campaign"));
}

// A limit on the size of files stands for the full disk: writing fails in the middle of a line.
TEST_F(CampaignLogs, AFullDiskIsOneErrorAndTheLinesBeforeItStay) {
    make();
    const std::string whole = text();
    CampaignContents contents;
    auto log = CampaignLog::open(folder(), plan(), contents);
    ASSERT_TRUE(log);
    rlimit old{};
    getrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit full{whole.size() + 10, old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &full);
    const Status status = log->append(run(2));
    setrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, SIG_DFL);
    ASSERT_FALSE(status);
    EXPECT_THAT(status.error().text(), HasSubstr("campaign.jsonl: cannot be written"));
    EXPECT_EQ(text(), whole);
}

// No disk is full: another folder would help, and the exit code says so.
TEST_F(CampaignLogs, AFolderThatCannotBeUsedIsABadRequest) {
    fs::create_directories(file());  // a folder of the log's name
    CampaignContents contents;
    EXPECT_EQ(CampaignLog::open(folder(), plan(), contents).error().code, ErrorCode::kConfig);
    const std::string inside_a_file = folder() + "/file/campaign";
    std::ofstream(folder() + "/file") << "x";
    EXPECT_EQ(CampaignLog::open(inside_a_file, plan(), contents).error().code, ErrorCode::kConfig);
}

TEST(CampaignRecords, ANumberThatItsFieldCannotHoldIsOneError) {
    const auto error_of = [](const CampaignRecord& record, const std::string& from,
                             const std::string& to) {
        std::string line = to_line(record);
        line.replace(line.find(from), from.size(), to);
        const auto read = from_line(line);
        return read ? std::string("none") : read.error().text();
    };
    EXPECT_THAT(error_of(plan(), "\"shard\":1", "\"shard\":5.5e93"), HasSubstr("0 to 4294967295"));
    EXPECT_THAT(error_of(plan(), "\"shards\":1", "\"shards\":4294967297"),
                HasSubstr("4294967297 is not a whole number"));
    EXPECT_THAT(error_of(run(3), "\"cpu_us\":12345", "\"cpu_us\":-1"), HasSubstr("-1 is not"));
    EXPECT_THAT(error_of(run(3), "\"blocks\":0", "\"blocks\":0.5"), HasSubstr("0.5 is not"));
}

}  // namespace
}  // namespace aivm::scenarios
