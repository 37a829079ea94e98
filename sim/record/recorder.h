// Writes a study to one SQLite file, all or nothing.
//
// Until close() the file is called PATH.partial (with -wal beside it); close() makes it one plain,
// durable file and renames it. A Recorder that fails or is destroyed before close() removes what it
// wrote. Invariants:
//   1. a file called PATH is complete, or was complete and was damaged later, which open_study()
//      detects;
//   2. a file that was at PATH before is untouched until the new one is complete;
//   3. equal calls result in equal contents.
// A resumable recorder keeps PATH.partial instead, whatever ends it (an error, a full disk, kill
// -9, suspend()): complete runs only, committed in batches, and create() resumes it. It is an
// ordinary database; only its name shows that it is unfinished. Not thread safe: worker threads use
// a VectorSink each and copy it over, or write files of their own and merge.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "sim/record/row_sink.h"
#include "sim/record/rows_virtual_table.h"
#include "sim/record/schema.h"
#include "sim/record/sqlite.h"
#include "sim/record/writer_lock.h"

namespace aivm::sim {

// Whether creating a recorder failed because another process is writing the file.
bool is_being_written(const Error& error);

// Rows between two commits: enough to make commits cheap, few enough to bound the write-ahead log.
constexpr std::uint64_t kBatchRows = 100'000;

struct StudyInfo {
    std::string name;
    std::string created;       // ISO 8601, UTC; the caller's clock
    std::string code_version;  // "0.1.0 (3f9a2c71)"
    std::string compiler;      // "g++ 12.2.0"
    std::string build_flags;   // "Release -O3"
};

struct RecorderOptions {
    bool overwrite = false;  // replace a file that is already there
    std::uint64_t batch_rows = kBatchRows;
    // Continue PATH.partial if it exists, and keep it if close() is not reached.
    bool resumable = false;
};

class Recorder final : public RowSink {
public:
    // Errors: kDuplicate when PATH exists and may not be replaced, or when PATH.partial is a sweep
    // that is to be kept; kStorage when it cannot be written (no such directory, a directory, no
    // permission, disk full, another process is writing it). Of a resumable one also: kConflict
    // when PATH.partial is another program version's or no study of ours.
    static Result<std::unique_ptr<Recorder>> create(const std::string& path, const StudyInfo& study,
                                                    RecorderOptions options = {});
    ~Recorder() override;

    // Errors: kDuplicate when this study already has the run, kConflict when its key belongs to
    // another one.
    Status begin_run(const RunInfo& info) override;
    // Errors: the first one of the run: kStorage (disk full, ...), kOverflow (a number above 2^63 -
    // 1), kDuplicate (two rows of one key), kInvalidArgument (an unknown metric). After an
    // error the object must only be destroyed; a resumable recorder, which has then dropped the
    // run, may be suspended too.
    Status finish_run(const RunSummary& summary) override;

    // Rows of analysis, which belong to no run. Errors as finish_run.
    Status add_analysis(const EstimateRow& row);
    Status add_analysis(const ContrastRow& row);
    Status add_analysis(const ValidationRow& row);
    // Deletes the estimates and contrasts written so far.
    Status clear_estimates();

    // The request of the sweep that writes this file; its study_id is filled in. At most once.
    Status add_sweep(SweepRow row);

    // Adds the rows of another study file. Errors: as merge_study().
    Status merge(const std::string& other_path);

    // Completes the file and renames it to PATH. Errors: kStorage; kDuplicate when PATH appeared
    // meanwhile; kWrongState within a run. The recorder cannot be used afterwards.
    Status close();

    // Makes the rows written so far durable. Requires: not within a run.
    Status commit();
    // Ends a resumable recorder early: PATH.partial stays, one plain file; a run that is not
    // finished is dropped. The recorder cannot be used afterwards.
    Status suspend();

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string partial_path() const { return path_ + ".partial"; }
    // True when create() resumed an existing file; study() is then that file's.
    [[nodiscard]] bool resumed() const { return resumed_; }
    [[nodiscard]] const StudyRow& study() const { return study_; }
    // For queries about the rows written so far. Requires: neither closed nor suspended.
    [[nodiscard]] Database& database() { return *database_; }

protected:
    void take(RowRef row) override;
    void take_all(RowsRef rows) override;

private:
    Recorder(std::string path, WriterLock lock, Database database, RecorderOptions options);

    Status begin_file(const StudyInfo& study);
    Status resume_file(const StudyInfo& study);
    Status prepare_statements();
    Status prepare_bulk_inserts();
    template <class Row>
    Status insert(const Row& row);
    template <class Row>
    Status insert_all(std::span<const Row> rows);
    template <class Row>
    [[nodiscard]] Error range_error(std::string_view column) const;
    [[nodiscard]] Status after_insert(Status written, std::string_view table, std::uint64_t rows);
    template <class Row>
    Status insert_analysis(const Row& row);
    template <class Row>
    Status insert_once(const Row& row);
    Status check_new_run(const RunRow& run, const PointRow& point);
    Status write_point(const PointRow& point, const std::vector<PointParamRow>& params);
    Status write_run(const RunSummary& summary);
    void drop_run();
    Status finish_file();
    [[nodiscard]] std::string row_counts_json() const;

    std::string path_;
    RecorderOptions options_;
    WriterLock lock_;               // of PATH.partial, and of PATH once it has that name
    BulkRows::Tables bulk_tables_;  // before the database, which reads them
    std::optional<Database> database_;
    std::vector<Statement> inserts_;  // by table_index
    // by table_index; of BulkRows
    std::array<std::optional<Statement>, AllRows::size> bulk_inserts_;
    std::optional<Statement> find_run_;
    StudyRow study_;
    std::int64_t last_point_ = -1;  // its rows are in the file
    bool resumed_ = false;
    bool complete_ = false;  // or suspended
    std::uint64_t batched_ = 0;

    std::optional<RunRow> run_;  // the open run
    std::array<std::uint64_t, AllRows::size> run_rows_{};
    Status run_status_;
};

}  // namespace aivm::sim
