// Writes a study to one SQLite file, all or nothing.
//
// While it works the file is called PATH.partial (with -wal beside it); close() turns it into one plain file, makes it
// durable and gives it its name. A Recorder that fails or is destroyed before close() removes what it wrote. So:
//   1. a file called PATH is whole, or it was whole and was damaged later, which open_study() tells;
//   2. a file that was at PATH before is untouched until the new one is complete;
//   3. equal calls give equal contents.
// Not thread safe: worker threads use a VectorSink each and copy it over, or write files of their own and merge.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "sim/record/row_sink.h"
#include "sim/record/schema.h"
#include "sim/record/sqlite.h"

namespace aivm::sim {

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
};

class Recorder final : public RowSink {
public:
    // Errors: kDuplicate when PATH exists and may not be replaced; kStorage when it cannot be written (no such
    // directory, a directory, no permission, disk full, another process is writing it).
    static Result<std::unique_ptr<Recorder>> create(const std::string& path, const StudyInfo& study,
                                                    RecorderOptions options = {});
    ~Recorder() override;

    // Errors: kDuplicate when this study already has the run, kConflict when its key belongs to another one.
    Status begin_run(const RunInfo& info) override;
    // Errors: the first one of the run: kStorage (disk full, ...), kOverflow (a number above 2^63 - 1), kDuplicate (two
    // rows of one key), kInvalidArgument (a metric nobody knows). After an error only destruction makes sense.
    Status finish_run(const RunSummary& summary) override;

    // Rows of analysis, which belong to no run. Errors as finish_run.
    Status add_analysis(const EstimateRow& row);
    Status add_analysis(const ContrastRow& row);
    Status add_analysis(const ValidationRow& row);

    // Adds all rows of another study file. Errors: as open_study(); kDuplicate when a run is in both; kConflict when
    // equal runs have different digests, or different ones the same key.
    Status merge(const std::string& other_path);

    // Completes the file and gives it its name. Errors: kStorage; kDuplicate when PATH appeared meanwhile; kWrongState
    // within a run. The recorder cannot be used afterwards.
    Status close();

    [[nodiscard]] const std::string& path() const { return path_; }

protected:
    void take(RowRef row) override;

private:
    Recorder(std::string path, Database database, RecorderOptions options);

    Status prepare_file(const StudyInfo& study);
    template <class Row>
    Status insert(const Row& row);
    template <class Row>
    Status insert_analysis(const Row& row);
    template <class Row>
    Status insert_once(const Row& row);
    Status check_new_run(const RunRow& run, const PointRow& point);
    Status commit_and_begin();
    Status finish_file();
    [[nodiscard]] std::string row_counts_json() const;
    [[nodiscard]] std::string partial_path() const { return path_ + ".partial"; }

    std::string path_;
    RecorderOptions options_;
    std::optional<Database> database_;
    std::vector<Statement> inserts_;  // by table_index
    StudyRow study_;
    bool complete_ = false;
    std::uint64_t batched_ = 0;

    std::optional<RunRow> run_;  // the open run
    std::array<std::uint64_t, AllRows::size> run_rows_{};
    Status run_status_;
};

}  // namespace aivm::sim
