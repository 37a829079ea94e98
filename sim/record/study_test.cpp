#include "sim/record/study.h"

#include <chrono>
#include <map>

#include "sim/record/test_support.h"

namespace aivm::sim {
namespace {

using test::read_bytes;
using test::RecordTest;
using test::write_bytes;
using test::write_study;

class StudyTest : public RecordTest {
protected:
    // The one error of opening a file with these bytes.
    std::string error_of(std::string_view bytes) {
        write_bytes(file("bad.db"), bytes);
        return error_at(file("bad.db"));
    }
    static std::string error_at(const std::string& path) {
        const auto study = open_study(path);
        return study ? std::string("no error") : study.error().text();
    }
    // A whole file after one SQL statement by somebody else.
    std::string error_after(const std::string& sql) {
        write_study(file("changed.db"), {"1"}, "00", {.overwrite = true});
        auto database = Database::open(file("changed.db"), Database::Mode::kReadWrite).value();
        const Status changed = database.execute(sql);
        EXPECT_TRUE(changed) << changed.error().text();
        EXPECT_TRUE(database.close());
        return error_at(file("changed.db"));
    }
};

TEST_F(StudyTest, WhatIsNotAStudyIsRefusedInOneSentence) {
    EXPECT_NE(error_at(file("missing.db")).find("no such file"), std::string::npos);
    EXPECT_NE(error_at(directory_.string()).find("is a directory"), std::string::npos);
    EXPECT_NE(error_of("").find("is empty"), std::string::npos);
    EXPECT_NE(error_of("[run]\nseed = 1\n").find("is not an SQLite database"), std::string::npos);
}

TEST_F(StudyTest, AnotherProgramsDatabaseIsRecognised) {
    auto foreign = Database::open(file("foreign.db"), Database::Mode::kCreate).value();
    ASSERT_TRUE(foreign.execute("CREATE TABLE run (x); PRAGMA user_version = 1"));
    ASSERT_TRUE(foreign.close());
    EXPECT_NE(error_at(file("foreign.db")).find("not one of aivmsim"), std::string::npos);
}

TEST_F(StudyTest, ANewerSchemaIsRefused) {
    EXPECT_NE(error_after("PRAGMA user_version = 99").find("schema version 99"), std::string::npos);
}

TEST_F(StudyTest, AFileCutAtAnyLengthIsDetected) {
    write_study(file("whole.db"), {"1", "2"});
    const std::string whole = read_bytes(file("whole.db"));
    std::vector<std::size_t> lengths{1, 15, 16, 17, 31, 32, 99, 100, 101, 511, 512, 4096};
    for (std::size_t length = 8191; length < whole.size(); length += 4095)
        lengths.push_back(length);
    lengths.push_back(whole.size() - 1);
    for (const std::size_t length : lengths) {
        EXPECT_NE(error_of(std::string_view(whole).substr(0, length)).find("truncated"),
                  std::string::npos)
            << length;
    }
    EXPECT_EQ(error_of(whole), "no error");
}

TEST_F(StudyTest, OverwrittenPagesAreDetected) {
    write_study(file("whole.db"), {"1"});
    const std::string whole = read_bytes(file("whole.db"));
    for (std::size_t page = 8192; page + 8192 <= whole.size(); page += 8192) {
        std::string damaged = whole;
        damaged.replace(page, 8192, 8192, '\x5a');
        EXPECT_NE(error_of(damaged).find("is damaged"), std::string::npos) << "page at " << page;
    }
}

TEST_F(StudyTest, LostRowsAndRowsOfNobodyAreDetected) {
    const std::string lost = error_after("DELETE FROM task WHERE task = 1");
    EXPECT_NE(lost.find("table task"), std::string::npos) << lost;
    EXPECT_NE(lost.find("wrote 2 rows, 1 are there"), std::string::npos) << lost;
    EXPECT_NE(error_after("DELETE FROM run").find("is incomplete"), std::string::npos);
    EXPECT_EQ(error_after("ANALYZE"), "no error");
}

// SQLite's own check leaves constraints out in a file that is opened for reading only.
TEST_F(StudyTest, AValueThatItsColumnCannotHaveIsRefusedOnOpening) {
    const std::string unchecked = "PRAGMA ignore_check_constraints = ON;";
    EXPECT_NE(error_after(unchecked + "UPDATE run SET status = 'odd'")
                  .find("table run: column status holds a value that it cannot have"),
              std::string::npos);
    EXPECT_NE(error_after(unchecked + "UPDATE principal SET honest = 2")
                  .find("table principal: column honest"),
              std::string::npos);
    // A file whose schema was changed too.
    const std::string loose =
        "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(replace(sql, "
        "'STRICT, ', ''), ' NOT NULL', '') WHERE type = 'table'; PRAGMA writable_schema = RESET;";
    for (const auto& [change, column] :
         std::map<std::string, std::string>{{"UPDATE run SET digest = NULL", "digest"},
                                            {"UPDATE run SET events = 'many'", "events"},
                                            {"UPDATE metric SET value = x'00'", "value"},
                                            {"UPDATE point SET config = x'ff'", "config"}}) {
        const std::string error = error_after(loose + unchecked + change);
        EXPECT_NE(error.find("column " + column + " holds"), std::string::npos) << error;
    }
    EXPECT_EQ(error_after(loose), "no error");
}

TEST_F(StudyTest, RowsThatReferToNothingOrMakeNoSenseAreRefusedOnOpening) {
    for (const auto& [change, words] : std::map<std::string, std::string>{
             {"DELETE FROM point", "a row of a point that is not there"},
             {"DELETE FROM study", "a run of a study that is not there"},
             {"UPDATE run SET seed = '1x'", "a seed that is no number"},
             {"UPDATE run SET row_counts = '{'", "row counts that are no JSON object"},
             {"UPDATE run SET row_counts = '[1]'", "row counts that are no JSON object"},
             {"INSERT INTO sweep VALUES (1, '{', 1, 1, 0, 0.9)", "a plan that is no JSON"},
             {"INSERT INTO sweep VALUES (1, '{}', 3, 2, 0, 0.9)", "none of its shards"},
             {"INSERT INTO sweep VALUES (1, '{}', 1, 2, 0, 9e999)", "a confidence that is not"}}) {
        const std::string error = error_after(change);
        EXPECT_NE(error.find(words), std::string::npos) << change << ": " << error;
    }
}

// Of a type that SQLite accepts, in a range that it does not know.
TEST_F(StudyTest, ANumberOutsideOfItsFieldIsRefusedOnOpening) {
    for (const auto& [change, column] :
         std::map<std::string, std::string>{{"UPDATE run SET end_block = -1", "end_block"},
                                            {"UPDATE run SET replicate = 4294967296", "replicate"},
                                            {"UPDATE task SET fee = -1", "fee"}}) {
        const std::string error = error_after(change);
        EXPECT_NE(error.find("column " + column + " holds"), std::string::npos) << error;
    }
    EXPECT_EQ(error_after("UPDATE payoff SET net_nlux = -1"), "no error");
}

// A file that is still written to is read without those checks.
TEST_F(StudyTest, ARowThatDoesNotFitIsAnErrorOfItsTable) {
    write_study(file("a.db"), {"1"});
    auto database = Database::open(file("a.db"), Database::Mode::kReadWrite).value();
    ASSERT_TRUE(database.execute("PRAGMA ignore_check_constraints = ON"));
    for (const char* change : {"UPDATE run SET end_block = -1", "UPDATE run SET status = 'odd'"}) {
        ASSERT_TRUE(database.execute(change));
        const auto rows = select_rows<RunRow>(database, "");
        ASSERT_FALSE(rows) << change;
        EXPECT_NE(rows.error().context.find("a.db is damaged: table run: column "),
                  std::string::npos);
    }
}

// Opening once took the square of the number of runs.
TEST_F(StudyTest, OpeningTakesAsManyStepsPerRunWhateverTheNumberOfRuns) {
    const auto steps_of = [&](const std::string& name, int runs) {
        std::vector<std::string> seeds;
        for (int seed = 1; seed <= runs; ++seed) seeds.push_back(std::to_string(seed));
        write_study(file(name), seeds);
        const auto begin = std::chrono::steady_clock::now();
        EXPECT_EQ(error_at(file(name)), "no error");
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    const double few = steps_of("few.db", 250);
    const double many = steps_of("many.db", 2000);
    EXPECT_LT(many, 24 * few + 0.2)
        << "eight times the runs take eight times as long, not 64 times";
}

TEST_F(StudyTest, RowsOfAllRunsAreThoseOfEachRunInTurn) {
    write_study(file("three.db"), {"1", "2", "3"});
    auto study = open_study(file("three.db")).value();
    std::map<std::int64_t, std::vector<MetricRow>> found;
    const Status read = study.for_each_row<MetricRow>(
        "", [&](std::int64_t run, MetricRow row) { found[run].push_back(std::move(row)); });
    ASSERT_TRUE(read) << read.error().text();
    std::map<std::int64_t, std::vector<MetricRow>> expected;
    const std::vector<RunRow> runs = study.rows<RunRow>().value();
    for (const RunRow& run : runs) expected[run.run_id] = study.rows<MetricRow>(run.run_id).value();
    EXPECT_EQ(found.size(), 3U);
    EXPECT_EQ(found, expected);
    const auto unknown = study.for_each_row<MetricRow>("WHERE nothing", [](auto, const auto&) {});
    EXPECT_EQ(unknown.error().code, ErrorCode::kStorage);
}

TEST_F(StudyTest, AFileThatIsStillWrittenToIsRefused) {
    write_study(file("run.db"), {"1"});
    write_bytes(file("run.db-wal"), "log");
    EXPECT_NE(error_at(file("run.db")).find("is being written"), std::string::npos);
}

}  // namespace
}  // namespace aivm::sim
