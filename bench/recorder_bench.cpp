// Rows per second of the recorder, compared with plain prepared inserts of the same rows into the
// same table: the cost of typed rows, range checks, row counts and batches. Both write a file with
// the same pragmas, up to the last commit; the second pair of figures includes closing the file.
// The two alternate, and the best run of each counts.
//
//   recorder_bench [--quick]    a short run that only checks that both sides work
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "sim/record/recorder.h"

namespace {

using namespace aivm;       // NOLINT: a program, not a library
using namespace aivm::sim;  // NOLINT

constexpr std::uint64_t kRowsFull = 1'000'000;
constexpr std::uint64_t kRowsQuick = 20'000;
constexpr int kRounds = 5;
constexpr double kTarget = 0.5;

struct Seconds {
    double inserting = 0;
    double whole = 0;
};

class Stopwatch {
public:
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void require(bool ok, const char* what) {
    if (ok) return;
    fmt::print(stderr, "recorder_bench: {}\n", what);
    std::exit(3);
}

TaskRow row_at(std::uint64_t i) {
    TaskRow row{i,
                3,
                VerificationMode::kOptimistic,
                lux(1),
                lux(50),
                i / 10,
                i / 10 + 1,
                i / 10 + 101,
                i * 400,
                {},
                1,
                TaskOutcome::kFinalOk,
                true};
    row.final_time_ns = i * 400 + 7;
    return row;
}

// The same inserts written by hand.
Seconds bare(const std::string& path, std::uint64_t rows) {
    const Stopwatch watch;
    sqlite3* db = nullptr;
    require(sqlite3_open(path.c_str(), &db) == SQLITE_OK, "open");
    const std::string prepare =
        "PRAGMA page_size = 8192; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; "
        "PRAGMA synchronous = OFF; "
        "PRAGMA cache_size = -65536;" +
        create_schema_sql();
    require(sqlite3_exec(db, prepare.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK, "schema");
    sqlite3_stmt* insert = nullptr;
    const std::string sql = insert_sql(schema_tables()[table_index<TaskRow>()]);
    require(sqlite3_prepare_v2(db, sql.c_str(), -1, &insert, nullptr) == SQLITE_OK, "prepare");
    sqlite3_exec(db, "BEGIN", nullptr, nullptr, nullptr);
    for (std::uint64_t i = 0; i < rows; ++i) {
        const TaskRow row = row_at(i);
        const auto put = [&](int at, std::uint64_t value) {
            sqlite3_bind_int64(insert, at, static_cast<sqlite3_int64>(value));
        };
        put(1, 77);
        put(2, row.task);
        put(3, row.requester);
        sqlite3_bind_text(insert, 4, "optimistic", 10, SQLITE_STATIC);
        put(5, row.fee.nlux());
        put(6, row.value_at_risk.nlux());
        put(7, row.submit_block);
        put(8, *row.assign_block);
        put(9, *row.final_block);
        put(10, row.submit_time_ns);
        put(11, *row.final_time_ns);
        put(12, row.assignments);
        sqlite3_bind_text(insert, 13, "final_ok", 8, SQLITE_STATIC);
        put(14, *row.correct ? 1 : 0);
        require(sqlite3_step(insert) == SQLITE_DONE, "step");
        sqlite3_reset(insert);
    }
    require(sqlite3_exec(db, "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK, "commit");
    Seconds out{watch.seconds(), 0};
    sqlite3_finalize(insert);
    require(sqlite3_close(db) == SQLITE_OK, "close");
    out.whole = watch.seconds();
    return out;
}

Seconds recorded(const std::string& path, std::uint64_t rows) {
    const Stopwatch watch;
    auto recorder = Recorder::create(path, {"bench", "", "", "", ""});
    require(recorder.has_value(), "create");
    RowSink& sink = **recorder;
    require(sink.begin_run({}).has_value(), "begin");
    for (std::uint64_t i = 0; i < rows; ++i) sink.add(row_at(i));
    require(sink.finish_run({}).has_value(), "finish");
    Seconds out{watch.seconds(), 0};
    require((*recorder)->close().has_value(), "close");
    out.whole = watch.seconds();
    return out;
}

void keep_best(Seconds& best, Seconds now) {
    best.inserting = std::min(best.inserting, now.inserting);
    best.whole = std::min(best.whole, now.whole);
}

}  // namespace

int main(int argc, char** argv) {
    namespace fs = std::filesystem;
    const bool quick = argc > 1 && std::string_view(argv[1]) == "--quick";
    const std::uint64_t rows = quick ? kRowsQuick : kRowsFull;
    const fs::path directory = fs::temp_directory_path() / "aivm-recorder-bench";
    Seconds bare_best{1e9, 1e9};
    Seconds recorder_best{1e9, 1e9};
    for (int round = 0; round < (quick ? 1 : kRounds); ++round) {
        fs::remove_all(directory);
        fs::create_directories(directory);
        keep_best(bare_best, bare((directory / "bare.db").string(), rows));
        keep_best(recorder_best, recorded((directory / "recorder.db").string(), rows));
    }
    fs::remove_all(directory);
    const auto line = [&](const char* what, double bare_seconds, double recorder_seconds) {
        const double ratio = bare_seconds / recorder_seconds;
        fmt::print("{:<22} bare {:>9.0f} rows/s   recorder {:>9.0f} rows/s   ratio {:.2f}\n", what,
                   double(rows) / bare_seconds, double(rows) / recorder_seconds, ratio);
        return ratio;
    };
    const double ratio = line("inserts", bare_best.inserting, recorder_best.inserting);
    line("with closing the file", bare_best.whole, recorder_best.whole);
    if (quick) return 0;
    fmt::print("target: at least {:.2f} of bare inserts: {}\n", kTarget,
               ratio >= kTarget ? "met" : "MISSED");
    return ratio >= kTarget ? 0 : 1;
}
