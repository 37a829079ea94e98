// Resumable recorders: the file that one leaves, and how the next resumes it.
#include <sys/wait.h>

#include <csignal>
#include <set>

#include "sim/record/identity.h"
#include "sim/record/study.h"
#include "sim/record/test_support.h"

namespace aivm::sim {
namespace {

using test::add_sample_rows;
using test::sample_run;
using test::sample_study;
using test::sample_summary;

constexpr RecorderOptions kResumable{.resumable = true};

class ResumeTest : public test::RecordTest {
protected:
    std::unique_ptr<Recorder> open(RecorderOptions options = kResumable) {
        auto recorder = Recorder::create(file("study.db"), sample_study(), options);
        EXPECT_TRUE(recorder) << recorder.error().text();
        if (!(*recorder)->resumed()) {
            EXPECT_TRUE((*recorder)->add_sweep({.plan = "{}", .confidence = 0.95}));
        }
        return std::move(*recorder);
    }
    static void record(Recorder& recorder, const std::string& seed) {
        ASSERT_TRUE(recorder.begin_run(sample_run(seed)));
        add_sample_rows(recorder);
        ASSERT_TRUE(recorder.finish_run(sample_summary()));
    }
    // The seeds in a whole file.
    static std::set<std::string> seeds_in(const std::string& path) {
        auto study = open_study(path);
        EXPECT_TRUE(study) << study.error().text();
        std::set<std::string> seeds;
        if (!study) return seeds;
        const std::vector<RunRow> runs = study->rows<RunRow>().value();
        for (const RunRow& run : runs) seeds.insert(run.seed);
        return seeds;
    }
};

TEST_F(ResumeTest, SuspendedIsAWholeFileAndGoesOn) {
    auto first = open();
    record(*first, "1");
    ASSERT_TRUE(first->suspend());
    first.reset();
    EXPECT_EQ(files(), 1U) << "nothing beside study.db.partial";
    EXPECT_EQ(seeds_in(file("study.db.partial")), (std::set<std::string>{"1"}));
    auto second = open();
    EXPECT_TRUE(second->resumed());
    EXPECT_EQ(second->study().created, sample_study().created);
    EXPECT_EQ(second->begin_run(sample_run("1")).error().code, ErrorCode::kDuplicate);
    record(*second, "2");
    ASSERT_TRUE(second->close());
    EXPECT_EQ(files(), 1U);
    EXPECT_EQ(seeds_in(file("study.db")), (std::set<std::string>{"1", "2"}));
}

TEST_F(ResumeTest, WhatWasCommittedSurvivesDestructionAndHalfARunDoesNot) {
    auto first = open({.batch_rows = 1, .resumable = true});
    record(*first, "1");
    ASSERT_TRUE(first->begin_run(sample_run("2")));
    add_sample_rows(*first);
    first.reset();
    EXPECT_EQ(seeds_in(file("study.db.partial")), (std::set<std::string>{"1"}));
}

TEST_F(ResumeTest, AKilledWriterLosesOnlyWhatWasNotCommitted) {
    const pid_t child = fork();
    if (child == 0) {
        auto recorder = open();
        record(*recorder, "1");
        if (!recorder->commit()) std::_Exit(1);
        record(*recorder, "2");
        std::raise(SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    auto recorder = open();
    EXPECT_TRUE(recorder->resumed());
    record(*recorder, "2");
    record(*recorder, "3");
    ASSERT_TRUE(recorder->close());
    EXPECT_EQ(files(), 1U);
    EXPECT_EQ(seeds_in(file("study.db")), (std::set<std::string>{"1", "2", "3"}));
}

TEST_F(ResumeTest, AFileWithoutAStudyIsBegunAgain) {
    test::write_bytes(file("study.db.partial"), "");
    auto recorder = open();
    EXPECT_FALSE(recorder->resumed());
    record(*recorder, "1");
    ASSERT_TRUE(recorder->close());
    EXPECT_EQ(seeds_in(file("study.db")), (std::set<std::string>{"1"}));
}

TEST_F(ResumeTest, AnotherProgramsFileIsLeftAlone) {
    ASSERT_TRUE(open()->suspend());
    StudyInfo other = sample_study();
    other.code_version = "0.2.0";
    const auto refused = Recorder::create(file("study.db"), other, kResumable);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
    EXPECT_NE(refused.error().context.find("0.1.0"), std::string::npos) << refused.error().text();
    test::write_bytes(file("study.db.partial"), "precious");
    EXPECT_FALSE(Recorder::create(file("study.db"), sample_study(), kResumable));
    EXPECT_EQ(test::read_bytes(file("study.db.partial")), "precious");
}

TEST_F(ResumeTest, ASweepIsNotOverwrittenByARunOfTheSameName) {
    ASSERT_TRUE(open()->suspend());
    const auto refused = Recorder::create(file("study.db"), sample_study());
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().context.find("unfinished sweep"), std::string::npos);
    EXPECT_TRUE(test::fs::exists(file("study.db.partial")));
}

TEST_F(ResumeTest, TwoWritersDoNotMeet) {
    auto first = open();
    const auto second = Recorder::create(file("study.db"), sample_study(), kResumable);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().context.find("being written"), std::string::npos)
        << second.error().text();
    record(*first, "1");
    EXPECT_TRUE(first->close());
}

TEST_F(ResumeTest, EstimatesCanBeMadeAgain) {
    auto recorder = open();
    record(*recorder, "1");
    const std::int64_t point = point_of(sample_run()).point_id;
    ASSERT_TRUE(recorder->add_analysis(EstimateRow{point, "ttf_mean", "", "t 95%", 1, 2, 1, 3}));
    ASSERT_TRUE(recorder->clear_estimates());
    ASSERT_TRUE(recorder->add_analysis(EstimateRow{point, "ttf_mean", "", "t 95%", 2, 2, 1, 3}));
    ASSERT_TRUE(recorder->close());
    EXPECT_EQ(open_study(file("study.db"))->rows<EstimateRow>().value().size(), 1U);
}

}  // namespace
}  // namespace aivm::sim
