#include "sim/record/recorder.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include <atomic>
#include <csignal>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "sim/record/identity.h"
#include "sim/record/study.h"
#include "sim/record/test_support.h"
#include "sim/record/writer_lock.h"

namespace aivm::sim {
namespace {

using test::add_sample_rows;
using test::RecordTest;
using test::sample_run;
using test::sample_study;
using test::sample_summary;
using test::write_study;

using RecorderTest = RecordTest;

// Starts a recorder with one open run.
std::unique_ptr<Recorder> recorder_with_run(const std::string& path, RecorderOptions options = {}) {
    auto recorder = Recorder::create(path, sample_study(), options);
    EXPECT_TRUE(recorder) << recorder.error().text();
    EXPECT_TRUE((*recorder)->begin_run(sample_run()));
    return std::move(*recorder);
}

TEST_F(RecorderTest, EveryTableComesBackAsItWasWritten) {
    const std::string path = file("run.db");
    const std::int64_t point = point_of(sample_run()).point_id;
    const EstimateRow estimate{point, "ttf_mean", "", "bootstrap", 10, 2.5, 2.25, 2.75};
    const ContrastRow contrast{point, point, "ttf_mean", "", "paired", 10, 0.5, 0.25, 0.75};
    const ValidationRow validation{"V31", 1, "exact", 10, 0.5, 0.51, 0.4, 0.6, true, "agrees"};
    {
        auto recorder = recorder_with_run(path);
        add_sample_rows(*recorder);
        ASSERT_TRUE(recorder->finish_run(sample_summary()));
        ASSERT_TRUE(recorder->add_analysis(estimate));
        ASSERT_TRUE(recorder->add_analysis(contrast));
        ASSERT_TRUE(recorder->add_analysis(validation));
        ASSERT_TRUE(recorder->close());
    }
    auto study = open_study(path);
    ASSERT_TRUE(study) << study.error().text();
    const auto runs = study->rows<RunRow>().value();
    ASSERT_EQ(runs.size(), 1U);
    VectorSink expected;
    add_sample_rows(expected);
    for_each_table([&]<class Row> {
        if constexpr (Table<Row>::scope == Scope::kRun) {
            EXPECT_EQ(study->rows<Row>(runs[0].run_id).value(), expected.rows<Row>())
                << Table<Row>::name;
        }
    });
    EXPECT_EQ(study->rows<EstimateRow>().value(), std::vector{estimate});
    EXPECT_EQ(study->rows<ContrastRow>().value(), std::vector{contrast});
    EXPECT_EQ(study->rows<ValidationRow>().value(), std::vector{validation});
    const auto params = study->rows<PointParamRow>().value();
    ASSERT_EQ(params.size(), 2U);
    EXPECT_EQ(params[0].name, "chain.stake");
    EXPECT_FALSE(params[0].number.has_value());
    EXPECT_EQ(params[1].number, 50.0);
    EXPECT_EQ(files(), 1U) << "one plain file and nothing beside it";
}

// The status after writing all of these rows at once to a new recorder.
template <class Row>
Status write_at_once(const std::string& path, const std::vector<Row>& rows) {
    auto recorder = recorder_with_run(path);
    recorder->add_all(rows);
    return recorder->finish_run(sample_summary());
}

TEST_F(RecorderTest, RowsGivenAtOnceAreRefusedAsTheyAreOneByOne) {
    std::vector<TaskRow> rows(3);
    for (std::uint64_t i = 0; i < rows.size(); ++i) rows[i].task = i;
    EXPECT_TRUE(write_at_once(file("good.db"), rows));
    rows[1].submit_time_ns = std::uint64_t{1} << 63;
    const Status refused = write_at_once(file("big.db"), rows);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kOverflow);
    EXPECT_NE(refused.error().context.find("task.submit_time_ns"), std::string::npos)
        << refused.error().text();
    rows[1] = rows[0];
    const Status twice = write_at_once(file("twice.db"), rows);
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().code, ErrorCode::kDuplicate) << twice.error().text();
}

TEST_F(RecorderTest, AFileSaysAllThatIsNeededToRunItAgain) {
    write_study(file("run.db"), {"1067068529"});
    auto study = open_study(file("run.db")).value();
    const auto runs = study.rows<RunRow>().value();
    ASSERT_EQ(runs.size(), 1U);
    const auto found = study.provenance(runs[0].run_id).value();
    EXPECT_EQ(found.point.scenario_text, sample_run().scenario_text);
    EXPECT_EQ(found.overrides(), sample_run().overrides);
    EXPECT_EQ(found.run.seed, "1067068529");
    EXPECT_EQ(found.run.digest, sample_summary().digest);
    EXPECT_EQ(found.run.status, RunStatus::kViolated);
    EXPECT_EQ(found.run.invariants, "E1 E3");
    EXPECT_EQ(found.study.code_version, "0.1.0");
    EXPECT_EQ(found.study.schema_version, kSchemaVersion);
    EXPECT_EQ(study.provenance(1).error().code, ErrorCode::kNotFound);
}

TEST_F(RecorderTest, EqualCallsGiveEqualFilesWhateverTheBatch) {
    write_study(file("a.db"), {"1", "2", "3"});
    write_study(file("b.db"), {"1", "2", "3"});
    EXPECT_EQ(test::read_bytes(file("a.db")), test::read_bytes(file("b.db")));
    write_study(file("c.db"), {"1", "2", "3"}, sample_summary().digest, {.batch_rows = 1});
    auto a = open_study(file("a.db")).value();
    auto c = open_study(file("c.db")).value();
    EXPECT_EQ(a.rows<RunRow>().value(), c.rows<RunRow>().value());
    const std::int64_t run = a.rows<RunRow>().value()[0].run_id;
    EXPECT_EQ(a.rows<TaskRow>(run).value(), c.rows<TaskRow>(run).value());
}

TEST_F(RecorderTest, RowsKeptInMemoryCanBeWrittenLater) {
    VectorSink memory;
    ASSERT_TRUE(memory.begin_run(sample_run()));
    add_sample_rows(memory);
    ASSERT_TRUE(memory.finish_run(sample_summary()));
    EXPECT_EQ(memory.rows<TaskRow>().size(), 2U);
    auto recorder = Recorder::create(file("a.db"), sample_study()).value();
    ASSERT_TRUE(memory.copy_to(*recorder));  // a table's rows at once
    ASSERT_TRUE(recorder->close());
    write_study(file("b.db"), {"1"});
    EXPECT_EQ(test::read_bytes(file("a.db")), test::read_bytes(file("b.db")));
}

TEST_F(RecorderTest, MoneyAboveTheColumnIsAnErrorAndNeverWraps) {
    auto recorder = recorder_with_run(file("run.db"));
    PayoffRow payoff;
    payoff.cost = Amount(std::uint64_t{1} << 63);
    recorder->add(payoff);
    const Status finished = recorder->finish_run(sample_summary());
    ASSERT_FALSE(finished);
    EXPECT_EQ(finished.error().code, ErrorCode::kOverflow);
    EXPECT_NE(finished.error().context.find("payoff.cost"), std::string::npos);
    recorder.reset();
    EXPECT_EQ(files(), 0U);
}

TEST_F(RecorderTest, TheLargestMoneyIsKept) {
    auto recorder = recorder_with_run(file("run.db"));
    PayoffRow payoff;
    payoff.revenue = Amount(std::numeric_limits<std::int64_t>::max());
    payoff.net_nlux = std::numeric_limits<std::int64_t>::min();
    recorder->add(payoff);
    ASSERT_TRUE(recorder->finish_run(sample_summary()));
    ASSERT_TRUE(recorder->close());
    auto study = open_study(file("run.db")).value();
    EXPECT_EQ(study.rows<PayoffRow>(study.rows<RunRow>().value()[0].run_id).value(),
              std::vector{payoff});
}

TEST_F(RecorderTest, TheFirstErrorOfARunIsTheOneReported) {
    auto recorder = recorder_with_run(file("run.db"));
    recorder->add(PrincipalRow{1, "a", "honest", "", true});
    recorder->add(PrincipalRow{1, "b", "honest", "", true});
    recorder->add(MetricRow{"no_such_metric", "", 1.0});
    const Status finished = recorder->finish_run(sample_summary());
    ASSERT_FALSE(finished);
    EXPECT_EQ(finished.error().code, ErrorCode::kDuplicate);
    EXPECT_NE(finished.error().context.find("principal"), std::string::npos)
        << finished.error().text();
    EXPECT_EQ(recorder->close().error().code, ErrorCode::kWrongState);
}

TEST_F(RecorderTest, AnUnknownMetricAndNotANumberAreRefused) {
    for (const MetricRow& bad :
         {MetricRow{"ttf_p98", "", 1.0},
          MetricRow{"ttf_p99", "", std::numeric_limits<double>::quiet_NaN()}}) {
        auto recorder = recorder_with_run(file("run.db"));
        recorder->add(bad);
        EXPECT_FALSE(recorder->finish_run(sample_summary())) << bad.name;
    }
}

TEST_F(RecorderTest, StrictTablesRefuseWrongTypesAndWords) {
    write_study(file("run.db"), {"1"});
    auto database = Database::open(file("run.db"), Database::Mode::kReadWrite).value();
    EXPECT_FALSE(database.execute("UPDATE task SET fee = 'a lot'"));
    EXPECT_FALSE(database.execute("UPDATE task SET fee = 1.5"));
    EXPECT_FALSE(database.execute("UPDATE task SET fee = NULL"));
    EXPECT_FALSE(database.execute("UPDATE task SET outcome = 'lost'"));
    EXPECT_FALSE(database.execute("UPDATE task SET correct = 2"));
    EXPECT_FALSE(database.execute("UPDATE metric SET value = 'high'"));
    EXPECT_TRUE(database.execute("UPDATE task SET correct = NULL"));
}

TEST_F(RecorderTest, AnExistingFileIsReplacedOnlyWhenAskedAndOnlyAtTheEnd) {
    test::write_bytes(file("run.db"), "precious");
    const auto refused = Recorder::create(file("run.db"), sample_study());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kDuplicate);
    auto recorder = recorder_with_run(file("run.db"), {.overwrite = true});
    recorder.reset();
    EXPECT_EQ(test::read_bytes(file("run.db")), "precious");
    EXPECT_EQ(files(), 1U);
    write_study(file("run.db"), {"1"}, "00", {.overwrite = true});
    EXPECT_TRUE(open_study(file("run.db")));
}

TEST_F(RecorderTest, APlaceThatCannotHoldAFileIsRefusedWithAReason) {
    const auto error_at = [](const std::string& path) {
        auto recorder = Recorder::create(path, sample_study());
        return recorder ? std::string("no error") : recorder.error().text();
    };
    EXPECT_NE(error_at(file("missing/run.db")).find("there is no directory"), std::string::npos);
    EXPECT_NE(error_at(directory_.string()).find("is a directory"), std::string::npos);
    EXPECT_NE(error_at("/dev/full").find("not a plain file"), std::string::npos);
    EXPECT_NE(error_at("/proc/run.db").find("cannot be opened"), std::string::npos);
    EXPECT_NE(error_at("").find("needs a file name"), std::string::npos);
    EXPECT_EQ(files(), 0U);
}

TEST_F(RecorderTest, TwoWritersOfOneFileDoNotMeet) {
    auto first = recorder_with_run(file("run.db"));
    const auto second = Recorder::create(file("run.db"), sample_study());
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().context.find("being written"), std::string::npos)
        << second.error().text();
    add_sample_rows(*first);
    EXPECT_TRUE(first->finish_run(sample_summary()));
    EXPECT_TRUE(first->close());
    EXPECT_TRUE(open_study(file("run.db")));
}

// It has made the file and holds no lock of the database yet.
TEST_F(RecorderTest, AWriterThatBeginsIsNotTakenForADeadOne) {
    const auto begins = WriterLock::take(file("run.db.partial"));
    ASSERT_TRUE(begins);
    const auto second = Recorder::create(file("run.db"), sample_study());
    ASSERT_FALSE(second);
    EXPECT_TRUE(is_being_written(second.error())) << second.error().text();
    EXPECT_TRUE(test::fs::exists(file("run.db.partial")));
}

// Each takes the first name that is free.
TEST_F(RecorderTest, ManyWritersAtOnceAllKeepTheirRuns) {
    constexpr int kWriters = 4;
    constexpr int kRuns = 12;
    std::atomic<int> kept = 0;
    const auto record_one = [&] {
        for (int number = 1;; ++number) {
            const std::string path = file("run-" + std::to_string(number) + ".db");
            if (test::fs::exists(path)) continue;
            auto recorder = Recorder::create(path, sample_study());
            if (!recorder && (is_being_written(recorder.error()) || test::fs::exists(path)))
                continue;
            ASSERT_TRUE(recorder) << recorder.error().text();
            ASSERT_TRUE((*recorder)->begin_run(sample_run()));
            const Status finished = (*recorder)->finish_run(sample_summary());
            ASSERT_TRUE(finished) << finished.error().text();
            const Status closed = (*recorder)->close();
            ASSERT_TRUE(closed) << closed.error().text();
            ++kept;
            return;
        }
    };
    std::vector<std::thread> writers;
    for (int i = 0; i < kWriters; ++i) {
        writers.emplace_back([&] {
            for (int run = 0; run < kRuns; ++run) record_one();
        });
    }
    for (std::thread& writer : writers) writer.join();
    EXPECT_EQ(kept, kWriters * kRuns);
    EXPECT_EQ(files(), static_cast<std::size_t>(kWriters * kRuns));
}

TEST_F(RecorderTest, ARunIsRecordedOnce) {
    auto recorder = recorder_with_run(file("run.db"));
    ASSERT_TRUE(recorder->finish_run(sample_summary()));
    EXPECT_EQ(recorder->begin_run(sample_run()).error().code, ErrorCode::kDuplicate);
    RunInfo again = sample_run();
    again.replicate = 1;
    EXPECT_TRUE(recorder->begin_run(again));
}

// Lets no file of this process grow beyond some bytes, as a full disk would; the kernel's signal
// becomes an error code.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) {
        std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &old_);
        rlimit now = old_;
        now.rlim_cur = bytes;
        setrlimit(RLIMIT_FSIZE, &now);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;
    ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &old_); }

private:
    rlimit old_{};
};

// Records 2,000 tasks where files may not exceed a size; the error's text, or empty when all went
// well.
std::string record_within(const std::string& path, rlim_t bytes) {
    const FileSizeLimit limit(bytes);
    auto recorder = Recorder::create(path, sample_study(), {.overwrite = true, .batch_rows = 100});
    if (!recorder) return recorder.error().text();
    if (const Status begun = (*recorder)->begin_run(sample_run()); !begun)
        return begun.error().text();
    TaskRow task;
    for (task.task = 0; task.task < 2000; ++task.task) (*recorder)->add(task);
    if (const Status finished = (*recorder)->finish_run(sample_summary()); !finished)
        return finished.error().text();
    const Status closed = (*recorder)->close();
    return closed ? std::string() : closed.error().text();
}

TEST_F(RecorderTest, WhenTheDiskIsFullThereIsOneErrorAndTheOldFileStays) {
    test::write_bytes(file("run.db"), "precious");
    for (const rlim_t bytes : {0, 4'096, 20'000, 60'000, 100'000, 170'000, 250'000}) {
        const std::string error = record_within(file("run.db"), bytes);
        EXPECT_NE(error.find(file("run.db")), std::string::npos) << bytes << ": " << error;
        EXPECT_EQ(test::read_bytes(file("run.db")), "precious") << bytes;
        EXPECT_EQ(files(), 1U) << bytes;
    }
    EXPECT_EQ(record_within(file("run.db"), 50'000'000), "");
    EXPECT_TRUE(open_study(file("run.db")));
}

TEST_F(RecorderTest, AKilledWriterLeavesNoTargetAndTheNextOneCleansUp) {
    const pid_t child = fork();
    if (child == 0) {
        auto recorder = Recorder::create(file("run.db"), sample_study(), {.batch_rows = 1});
        if (recorder && (*recorder)->begin_run(sample_run())) add_sample_rows(**recorder);
        std::raise(SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_FALSE(test::fs::exists(file("run.db")));
    EXPECT_TRUE(test::fs::exists(file("run.db.partial")));
    write_study(file("run.db"), {"1"});
    EXPECT_EQ(files(), 1U);
    EXPECT_TRUE(open_study(file("run.db")));
}

}  // namespace
}  // namespace aivm::sim
