// Files of other schema versions.
#include "sim/record/study.h"
#include "sim/record/test_support.h"
#include "sim/record/views.h"

namespace aivm::sim {
namespace {

// Table task as a later version may have it: with a column more, in the middle.
struct LaterTaskRow {
    std::uint64_t task = 0;
    std::optional<std::uint64_t> retries;
    std::uint32_t requester = 0;
    TaskOutcome outcome = TaskOutcome::kPending;
};

}  // namespace

template <>
struct Table<LaterTaskRow> {
    static constexpr std::string_view name = "task";
    static constexpr std::string_view key = "task";
    static constexpr Scope scope = Scope::kRun;
    static constexpr std::tuple columns{
        Column{"task", &LaterTaskRow::task, "", ""},
        Column{"retries", &LaterTaskRow::retries, "", "", 2},
        Column{"requester", &LaterTaskRow::requester, "", ""},
        Column{"outcome", &LaterTaskRow::outcome, "", ""},
    };
};

namespace {

// A later column whose absence cannot be distinguished from zero: later_columns_are_optional
// refuses it.
struct LossyRow {
    std::uint64_t retries = 0;
};

}  // namespace

template <>
struct Table<LossyRow> {
    static constexpr std::tuple columns{Column{"retries", &LossyRow::retries, "", "", 2}};
};
static_assert(later_columns_are_optional<LaterTaskRow>());
static_assert(!later_columns_are_optional<LossyRow>());

namespace {

class VersionTest : public test::RecordTest {
protected:
    // A file of an older schema version: that of version 1 with a row in most tables, later ones
    // without rows.
    std::string old_file(std::uint32_t version = 1) {
        const std::string name = fmt::format("old_{}.db", version);
        auto database = Database::open(file(name), Database::Mode::kCreate).value();
        const std::string sql = test::read_bytes(
            fmt::format("{}/sim/record/golden/version_{}.sql", AIVM_SOURCE_DIR, version));
        const Status made = database.execute(sql);
        EXPECT_TRUE(made) << made.error().text();
        EXPECT_TRUE(database.close());
        return file(name);
    }
};

TEST_F(VersionTest, AFileOfVersionOneIsReadWithANotice) {
    auto study = open_study(old_file());
    ASSERT_TRUE(study) << study.error().text();
    EXPECT_EQ(study->version(), 1);
    EXPECT_NE(study->notice().find("schema version 1 is older"), std::string::npos)
        << study->notice();
    EXPECT_NE(study->notice().find("reading only"), std::string::npos);
    const auto runs = study->rows<RunRow>().value();
    ASSERT_EQ(runs.size(), 1U);
    EXPECT_EQ(study->rows<TaskRow>(runs[0].run_id).value().size(), 1U);
    EXPECT_EQ(study->rows<MetricRow>(runs[0].run_id).value().size(), 2U);
    EXPECT_EQ(study->provenance(runs[0].run_id).value().point.scenario, "quickstart");
    EXPECT_TRUE(study->rows<SweepRow>().value().empty())
        << "a table it does not have reads as empty";
}

TEST_F(VersionTest, EveryTableOfEveryOlderVersionIsRead) {
    for (std::uint32_t version = kSchemaVersionOldest; version < kSchemaVersion; ++version) {
        auto study = open_study(old_file(version));
        ASSERT_TRUE(study) << "before the version was raised, schema.sql should have been copied: "
                           << study.error().text();
        EXPECT_EQ(study->version(), version);
        for_each_table([&]<class Row> {
            const auto read = [&] {
                if constexpr (Table<Row>::scope == Scope::kFile)
                    return study->rows<Row>();
                else
                    return study->rows<Row>(0);
            }();
            EXPECT_TRUE(read) << Table<Row>::name << ": " << read.error().text();
        });
    }
}

TEST_F(VersionTest, AFileOfVersionTwoHasNoVerdictsOfValidationCases) {
    auto study = open_study(old_file(2));
    ASSERT_TRUE(study) << study.error().text();
    EXPECT_EQ(study->version(), 2);
    const auto cases = study->rows<ValidationRow>();
    ASSERT_TRUE(cases) << cases.error().text();
    ASSERT_EQ(cases->size(), 1U);
    EXPECT_TRUE(cases->front().passed);
    EXPECT_FALSE(cases->front().verdict.has_value());
}

TEST_F(VersionTest, AColumnThatAnOlderFileLacksReadsAsAbsent) {
    auto study = open_study(old_file()).value();
    const std::int64_t run = study.rows<RunRow>().value().at(0).run_id;
    const auto tasks = study.rows<LaterTaskRow>(run);
    ASSERT_TRUE(tasks) << tasks.error().text();
    const auto whole = study.rows<TaskRow>(run).value();
    ASSERT_EQ(tasks->size(), whole.size());
    EXPECT_FALSE(tasks->front().retries.has_value());
    EXPECT_EQ(tasks->front().requester, whole.front().requester);
    EXPECT_EQ(tasks->front().outcome, whole.front().outcome);
}

TEST_F(VersionTest, AColumnThatTheFileHasIsRead) {
    test::write_study(file("new.db"), {"1"});
    auto database = Database::open(file("new.db"), Database::Mode::kReadWrite).value();
    ASSERT_TRUE(
        database.execute("ALTER TABLE task ADD COLUMN retries INTEGER;"
                         "UPDATE task SET retries = 3 WHERE task = 2"));
    ASSERT_TRUE(database.close());
    auto study = open_study(file("new.db")).value();
    const auto tasks = study.rows<LaterTaskRow>(study.rows<RunRow>().value().at(0).run_id).value();
    ASSERT_EQ(tasks.size(), 2U);
    EXPECT_FALSE(tasks[0].retries.has_value());
    EXPECT_EQ(tasks[1].retries, 3U);
    EXPECT_EQ(tasks[1].outcome, TaskOutcome::kFinalCorrupt);
}

TEST_F(VersionTest, AFileOfVersionOneIsNotChanged) {
    const std::string path = old_file();
    const std::string before = test::read_bytes(path);
    auto recorder = Recorder::create(file("new.db"), test::sample_study()).value();
    const Status merged = recorder->merge(path);
    ASSERT_FALSE(merged);
    EXPECT_NE(merged.error().context.find("cannot be merged"), std::string::npos);
    EXPECT_EQ(test::read_bytes(path), before);
}

TEST_F(VersionTest, ANewerFileIsRefused) {
    test::write_study(file("new.db"), {"1"});
    auto database = Database::open(file("new.db"), Database::Mode::kReadWrite).value();
    ASSERT_TRUE(database.execute("PRAGMA user_version = " + std::to_string(kSchemaVersion + 1)));
    ASSERT_TRUE(database.close());
    const auto refused = open_study(file("new.db"));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().context.find("use the program that wrote it"), std::string::npos);
}

TEST_F(VersionTest, EveryViewOfAFileAnswers) {
    test::write_study(file("new.db"), {"1", "2"});
    auto database = Database::open(file("new.db"), Database::Mode::kReadOnly).value();
    for (const ViewInfo& view : schema_views()) {
        const auto rows = database.integer("SELECT count(*) FROM " + std::string(view.name));
        ASSERT_TRUE(rows) << view.name << ": " << rows.error().text();
    }
    EXPECT_EQ(database.integer("SELECT n FROM v_point_estimate WHERE name = 'ttf_mean'").value(),
              2);
    EXPECT_EQ(database.integer("SELECT count(*) FROM v_roi_dist").value(), 2);
    EXPECT_EQ(database.integer("SELECT count(*) FROM v_ttf_cdf").value(), 2);
    EXPECT_EQ(database.integer("SELECT sum(results) FROM v_time_to_use").value(), 2);
}

}  // namespace
}  // namespace aivm::sim
