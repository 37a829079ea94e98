#include "sim/record/merge.h"

#include "sim/record/identity.h"
#include "sim/record/study.h"
#include "sim/record/test_support.h"

namespace aivm::sim {
namespace {

using test::read_bytes;
using test::sample_study;
using test::write_study;

class MergeTest : public test::RecordTest {
protected:
    // Writes merged.db from the files, in order.
    Status merge(const std::vector<std::string>& names) {
        auto recorder =
            Recorder::create(file("merged.db"), sample_study(), {.overwrite = true}).value();
        for (const std::string& name : names) AIVM_TRY(recorder->merge(file(name)));
        return recorder->close();
    }
};

TEST_F(MergeTest, WorkersFilesAddUpToTheFileOneWorkerWouldHaveWritten) {
    write_study(file("all.db"), {"1", "2", "3"});
    write_study(file("a.db"), {"2"});
    write_study(file("b.db"), {"1", "3"});
    const Status merged = merge({"a.db", "b.db"});
    ASSERT_TRUE(merged) << merged.error().text();
    auto expected = open_study(file("all.db")).value();
    auto found = open_study(file("merged.db")).value();
    EXPECT_EQ(found.rows<StudyRow>().value(), expected.rows<StudyRow>().value());
    EXPECT_EQ(found.rows<PointParamRow>().value(), expected.rows<PointParamRow>().value());
    const auto runs = expected.rows<RunRow>().value();
    ASSERT_EQ(found.rows<RunRow>().value(), runs);
    for (const RunRow& run : runs) {
        EXPECT_EQ(found.rows<TaskRow>(run.run_id).value(),
                  expected.rows<TaskRow>(run.run_id).value());
        EXPECT_EQ(found.rows<MetricRow>(run.run_id).value(),
                  expected.rows<MetricRow>(run.run_id).value());
    }
}

TEST_F(MergeTest, ARunThatIsInBothFilesIsNotCountedTwice) {
    write_study(file("a.db"), {"1"});
    write_study(file("b.db"), {"2", "1"});
    EXPECT_EQ(merge({"a.db", "b.db"}).error().code, ErrorCode::kDuplicate);
    EXPECT_FALSE(test::fs::exists(file("merged.db")));
}

TEST_F(MergeTest, EqualRunsWithDifferentDigestsAreReported) {
    write_study(file("a.db"), {"1"}, "aa");
    write_study(file("b.db"), {"1"}, "bb");
    const Status merged = merge({"a.db", "b.db"});
    ASSERT_FALSE(merged);
    EXPECT_EQ(merged.error().code, ErrorCode::kConflict);
    EXPECT_NE(merged.error().context.find("not deterministic"), std::string::npos);
}

TEST_F(MergeTest, DifferentThingsUnderOneKeyAreReported) {
    write_study(file("a.db"), {"1"});
    for (const char* change :
         {"UPDATE run SET seed = '9'", "UPDATE point SET config_hash = '00'"}) {
        write_study(file("b.db"), {"1"}, "00", {.overwrite = true});
        auto database = Database::open(file("b.db"), Database::Mode::kReadWrite).value();
        ASSERT_TRUE(database.execute(change));
        ASSERT_TRUE(database.close());
        const Status merged = merge({"a.db", "b.db"});
        ASSERT_FALSE(merged) << change;
        EXPECT_EQ(merged.error().code, ErrorCode::kConflict) << merged.error().text();
    }
}

TEST_F(MergeTest, ADamagedFileIsNotMerged) {
    write_study(file("a.db"), {"1"});
    test::write_bytes(file("b.db"), read_bytes(file("a.db")).substr(0, 20'000));
    EXPECT_FALSE(merge({"a.db", "b.db"}));
    EXPECT_EQ(files(), 2U);
}

TEST_F(MergeTest, AFileWithAnotherTableIsDamagedAndNamed) {
    write_study(file("a.db"), {"1"});
    write_study(file("b.db"), {"2"});
    auto database = Database::open(file("b.db"), Database::Mode::kReadWrite).value();
    ASSERT_TRUE(database.execute("DROP TABLE validation; CREATE TABLE validation (x)"));
    ASSERT_TRUE(database.close());
    const Status merged = merge({"a.db", "b.db"});
    ASSERT_FALSE(merged);
    EXPECT_NE(merged.error().context.find("b.db is damaged"), std::string::npos)
        << merged.error().context;
}

TEST_F(MergeTest, KeysFollowTheContents) {
    const PointRow point = point_of(test::sample_run());
    RunInfo other = test::sample_run();
    other.config = "another";
    EXPECT_NE(point_of(other).point_id, point.point_id);
    const std::int64_t key = run_id_of("0.1.0", point, "1", 0);
    EXPECT_GE(key, 0);
    EXPECT_EQ(key, run_id_of("0.1.0", point, "1", 0));
    EXPECT_NE(key, run_id_of("0.1.0", point, "1", 1));
    EXPECT_NE(key, run_id_of("0.1.0", point, "2", 0));
    EXPECT_NE(key, run_id_of("0.1.1", point, "1", 0));
}

TEST_F(MergeTest, AMetricWithoutDataStaysWithout) {
    auto part = Recorder::create(file("part.db"), test::sample_study()).value();
    ASSERT_TRUE(part->begin_run(test::sample_run("1")));
    const MetricRow no_data{"ttf_mean", "", std::nullopt, 0};
    part->add(no_data);
    ASSERT_TRUE(part->finish_run(test::sample_summary()));
    ASSERT_TRUE(part->close());
    auto merged = Recorder::create(file("merged.db"), test::sample_study()).value();
    const Status joined = merged->merge(file("part.db"));
    ASSERT_TRUE(joined) << joined.error().text();
    ASSERT_TRUE(merged->close());
    auto study = open_study(file("merged.db")).value();
    const std::int64_t run = study.rows<RunRow>().value().at(0).run_id;
    EXPECT_EQ(study.rows<MetricRow>(run).value(), std::vector{no_data});
}

}  // namespace
}  // namespace aivm::sim
