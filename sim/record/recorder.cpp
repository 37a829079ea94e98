#include "sim/record/recorder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "core/base/check.h"
#include "sim/record/column_io.h"
#include "sim/record/identity.h"
#include "sim/record/merge.h"
#include "sim/record/metrics.h"
#include "sim/record/study.h"

namespace aivm::sim {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBeingWritten = "is being written by another process";

// No durability on the way: a partial file is worthless after a crash anyway, and close() makes the
// whole one durable. The exclusive lock keeps a second writer out of the same partial file and
// spares the shared-memory file.
constexpr const char* kWritingPragmas =
    "PRAGMA page_size = 8192; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA "
    "synchronous = OFF; "
    "PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;";

// A resumable file is worth something at any time: the write-ahead log is synced before each
// checkpoint, so that a loss of power may cost the last batches and never the file.
constexpr const char* kDurablePragma = "PRAGMA synchronous = NORMAL;";

// CHECK constraints are for rows that other programs write. Rows of ours satisfy them by their
// types (an enum has no words but its own), and SQLite would build a temporary table per list of
// words and row to check them again.
constexpr const char* kTrustOwnRows = "PRAGMA ignore_check_constraints = ON;";
constexpr const char* kCheckRows = "PRAGMA ignore_check_constraints = OFF;";

void remove_file(const std::string& path) {
    std::error_code ignored;
    fs::remove(path, ignored);
}

// The files that SQLite keeps beside a database.
void remove_beside(const std::string& partial) {
    for (const char* suffix : {"-wal", "-shm", "-journal"}) remove_file(partial + suffix);
}

void remove_partial(const std::string& partial) {
    remove_beside(partial);
    remove_file(partial);
}

Status sync_to_disk(const std::string& path, int flags) {
    const int file = ::open(path.c_str(), flags | O_CLOEXEC);
    if (file < 0) return tl::unexpected<Error>(file_error(path, "cannot be opened"));
    const int code = ::fsync(file);
    Error failure = file_error(path, "cannot be made durable");
    ::close(file);
    if (code != 0) return tl::unexpected<Error>(std::move(failure));
    return {};
}

fs::path directory_of(const std::string& path) {
    const fs::path parent = fs::path(path).parent_path();
    return parent.empty() ? fs::path(".") : parent;
}

Status check_target(const std::string& path, bool overwrite) {
    if (path.empty()) return fail(ErrorCode::kStorage, "the database needs a file name");
    std::error_code ignored;
    if (!fs::is_directory(directory_of(path), ignored)) {
        return fail(ErrorCode::kStorage,
                    fmt::format("{}: there is no directory {}; create it first", path,
                                directory_of(path).string()));
    }
    const fs::file_status status = fs::status(path, ignored);
    if (!fs::exists(status)) return {};
    if (fs::is_directory(status)) {
        return fail(ErrorCode::kStorage, fmt::format("{} is a directory; name a file in it", path));
    }
    if (!fs::is_regular_file(status)) {
        return fail(ErrorCode::kStorage, fmt::format("{} is not a plain file", path));
    }
    if (overwrite) return {};
    return fail(ErrorCode::kDuplicate,
                fmt::format("{} exists; remove it, choose another name or ask to overwrite", path));
}

// Whether a writer that knows nothing of our lock holds the file.
Status check_abandoned(const std::string& partial) {
    auto stale = Database::open(partial, Database::Mode::kReadWrite);
    if (!stale) return {};
    const Status locked =
        stale->execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; ROLLBACK;");
    if (!locked && stale->busy()) {
        return fail(ErrorCode::kStorage, fmt::format("{} {}", partial, kBeingWritten));
    }
    return {};
}

Result<WriterLock> lock_partial(const std::string& partial) {
    auto lock = WriterLock::take(partial);
    if (!lock && lock.error().code == ErrorCode::kWrongState)
        return fail(ErrorCode::kStorage, fmt::format("{} {}", partial, kBeingWritten));
    return lock;
}

// The contents of an interrupted writer's file: nothing (it was killed before the first commit),
// runs, or a sweep that can be resumed.
enum class Leftover : std::uint8_t { kNothing, kRuns, kSweep };

Leftover leftover_of(const std::string& partial) {
    auto database = Database::open(partial, Database::Mode::kReadWrite);
    if (!database) return Leftover::kRuns;
    const auto tables = database->integer("SELECT count(*) FROM sqlite_schema");
    if (tables && *tables == 0) return Leftover::kNothing;
    const auto sweeps = database->integer("SELECT count(*) FROM sweep");
    return sweeps && *sweeps > 0 ? Leftover::kSweep : Leftover::kRuns;
}

// Whether to resume the file at `partial`, which is locked. One that cannot be resumed is emptied.
Result<bool> take_over(WriterLock& lock, const std::string& partial, bool resumable) {
    AIVM_TRY(check_abandoned(partial));
    const Leftover leftover = leftover_of(partial);
    if (resumable && leftover != Leftover::kNothing) return true;
    if (leftover == Leftover::kSweep) {
        return fail(
            ErrorCode::kDuplicate,
            fmt::format("{} is an unfinished sweep; finish it, remove it or choose another name",
                        partial));
    }
    AIVM_TRY(lock.clear(partial));
    remove_beside(partial);
    return false;
}

}  // namespace

bool is_being_written(const Error& error) {
    return error.code == ErrorCode::kStorage && error.context.ends_with(kBeingWritten);
}

Recorder::Recorder(std::string path, WriterLock lock, Database database, RecorderOptions options)
    : path_(std::move(path)),
      options_(options),
      lock_(std::move(lock)),
      database_(std::move(database)) {}

Recorder::~Recorder() {
    if (complete_) return;
    inserts_.clear();
    bulk_inserts_ = {};
    find_run_.reset();
    database_.reset();  // this discards what was not committed
    if (!options_.resumable) remove_partial(partial_path());
}

Result<std::unique_ptr<Recorder>> Recorder::create(const std::string& path, const StudyInfo& study,
                                                   RecorderOptions options) {
    AIVM_CHECK(options.batch_rows > 0);
    AIVM_TRY(check_target(path, options.overwrite));
    const std::string partial = path + ".partial";
    AIVM_ASSIGN(WriterLock lock, lock_partial(partial));
    // Whoever had the lock before may have finished PATH with it.
    if (const Status target = check_target(path, options.overwrite); !target) {
        if (leftover_of(partial) == Leftover::kNothing) remove_partial(partial);
        return tl::unexpected<Error>(target.error());
    }
    AIVM_ASSIGN(const bool resume, take_over(lock, partial, options.resumable));
    AIVM_ASSIGN(Database database, Database::open(partial, Database::Mode::kCreate));
    std::unique_ptr<Recorder> recorder(
        new Recorder(path, std::move(lock), std::move(database), options));
    AIVM_TRY(resume ? recorder->resume_file(study) : recorder->begin_file(study));
    return recorder;
}

// One transaction makes the tables and the study's row, so a file either has a study or nothing.
Status Recorder::begin_file(const StudyInfo& study) {
    AIVM_TRY(database_->execute(kWritingPragmas));
    if (options_.resumable) AIVM_TRY(database_->execute(kDurablePragma));
    AIVM_TRY(database_->execute("BEGIN"));
    AIVM_TRY(database_->execute(create_schema_sql()));
    AIVM_TRY(prepare_statements());
    study_ = with_study_id({0, study.name, study.created, study.code_version, study.compiler,
                            study.build_flags, kSchemaVersion});
    AIVM_TRY(insert(study_));
    return options_.resumable ? commit() : Status{};
}

Status Recorder::resume_file(const StudyInfo& study) {
    const auto conflict = [this](const std::string& why) {
        return fail(ErrorCode::kConflict,
                    fmt::format("{} {}; remove it or choose another name", partial_path(), why));
    };
    AIVM_TRY(database_->execute("PRAGMA locking_mode = EXCLUSIVE"));
    if (const auto kind = database_->integer("PRAGMA application_id");
        !kind || *kind != kApplicationId) {
        return conflict("is no unfinished database of aivmsim");
    }
    AIVM_ASSIGN(const std::int64_t version, database_->integer("PRAGMA user_version"));
    if (version != kSchemaVersion) {
        return conflict(
            fmt::format("has schema version {}, this program writes {}", version, kSchemaVersion));
    }
    AIVM_TRY(database_->execute(kWritingPragmas));
    AIVM_TRY(database_->execute(kDurablePragma));
    AIVM_ASSIGN(std::vector<StudyRow> studies, select_rows<StudyRow>(*database_, ""));
    if (studies.empty()) return conflict("holds no study");
    study_ = std::move(studies.front());
    if (study_.code_version != study.code_version) {
        return conflict(
            fmt::format("was begun by aivmsim {}, and this is {}: finish it with that one",
                        study_.code_version, study.code_version));
    }
    resumed_ = true;
    AIVM_TRY(prepare_statements());
    return database_->execute("BEGIN");
}

Status Recorder::prepare_statements() {
    AIVM_TRY(database_->execute(kTrustOwnRows));
    for (const TableInfo& table : schema_tables()) {
        AIVM_ASSIGN(Statement statement, database_->prepare(insert_sql(table)));
        inserts_.push_back(std::move(statement));
    }
    AIVM_TRY(prepare_bulk_inserts());
    AIVM_ASSIGN(Statement find_run,
                database_->prepare("SELECT seed, replicate FROM run WHERE run_id = ?"));
    find_run_ = std::move(find_run);
    return {};
}

// OR FAIL: a refused row ends the statement without undoing the rows before it. The whole run is
// dropped anyway, and SQLite saves the journal that undoing would need.
Status Recorder::prepare_bulk_inserts() {
    Status prepared;
    const auto prepare = [&]<class Row>(RowsVirtualTable<Row>& table) {
        if (!prepared) return;
        if (!table.attach(database_->raw())) {
            prepared = tl::unexpected<Error>(database_->error("a table could not be attached"));
            return;
        }
        auto statement =
            database_->prepare(fmt::format("INSERT OR FAIL INTO {} SELECT * FROM {}",
                                           Table<Row>::name, RowsVirtualTable<Row>::name()));
        if (statement) {
            bulk_inserts_[table_index<Row>()] = std::move(*statement);
        } else {
            prepared = tl::unexpected<Error>(std::move(statement.error()));
        }
    };
    std::apply([&](auto&... table) { (prepare(table), ...); }, bulk_tables_);
    return prepared;
}

Status Recorder::begin_run(const RunInfo& info) {
    AIVM_CHECK(database_.has_value() && !run_);
    const PointRow point = point_of(info);
    RunRow run;
    run.run_id = run_id_of(study_.code_version, point, info.seed, info.replicate);
    run.study_id = study_.study_id;
    run.point_id = point.point_id;
    run.replicate = info.replicate;
    run.seed = info.seed;
    run.crn_group = info.crn_group;
    AIVM_TRY(check_new_run(run, point));
    if (options_.resumable) AIVM_TRY(database_->execute("SAVEPOINT one_run"));
    if (point.point_id != last_point_) {
        if (Status written = write_point(point, info.params); !written) {
            if (options_.resumable) drop_run();
            return written;
        }
    }
    run_ = std::move(run);
    run_rows_ = {};
    run_status_ = {};
    return {};
}

Status Recorder::write_point(const PointRow& point, const std::vector<PointParamRow>& params) {
    AIVM_ASSIGN(const std::string known_hash,
                database_->text(fmt::format(
                    "SELECT coalesce((SELECT config_hash FROM point WHERE point_id = {}), '')",
                    point.point_id)));
    if (!known_hash.empty() && known_hash != point.config_hash) {
        return fail(ErrorCode::kConflict,
                    fmt::format("{}: two configurations share the key {}", path_, point.point_id));
    }
    AIVM_TRY(insert_once(point));
    for (PointParamRow param : params) {
        param.point_id = point.point_id;
        AIVM_TRY(insert_once(param));
    }
    last_point_ = point.point_id;
    return {};
}

Status Recorder::check_new_run(const RunRow& run, const PointRow& point) {
    sqlite3_reset(find_run_->raw());
    bind_value(find_run_->raw(), 1, run.run_id);
    AIVM_ASSIGN(const bool known, database_->next(*find_run_));
    std::string known_seed;
    std::uint32_t known_replicate = 0;
    if (known && !(fetch_value(find_run_->raw(), 0, known_seed) &&
                   fetch_value(find_run_->raw(), 1, known_replicate)))
        return damaged_value(path_, "run", "seed");
    sqlite3_reset(find_run_->raw());
    if (!known) return {};
    if (known_seed == run.seed && known_replicate == run.replicate) {
        return fail(ErrorCode::kDuplicate,
                    fmt::format("{}: the run of {} with seed {} replicate {} is already recorded; "
                                "another replicate "
                                "number would tell them apart",
                                path_, point.scenario, run.seed, run.replicate));
    }
    return fail(
        ErrorCode::kConflict,
        fmt::format("{}: the runs of seed {} replicate {} and seed {} replicate {} share "
                    "the key {}",
                    path_, known_seed, known_replicate, run.seed, run.replicate, run.run_id));
}

template <class Row>
Error Recorder::range_error(std::string_view column) const {
    return {ErrorCode::kOverflow,
            fmt::format("{}.{} takes numbers up to 9223372036854775807 and no NaN",
                        Table<Row>::name, column)};
}

// The common end of every insert, of one row or of many.
Status Recorder::after_insert(Status written, std::string_view table, std::uint64_t rows) {
    if (!written) {
        written.error().context += fmt::format(", table {}", table);
        return written;
    }
    batched_ += rows;
    // A file that may be resumed holds whole runs only: it is committed between them.
    if (batched_ < options_.batch_rows || options_.resumable) return {};
    batched_ = 0;
    return database_->execute("COMMIT; BEGIN");
}

template <class Row>
Status Recorder::insert(const Row& row) {
    const Statement& statement = inserts_[table_index<Row>()];
    int first = 1;
    if constexpr (Table<Row>::scope == Scope::kRun) {
        bind_value(statement.raw(), first++, run_->run_id);
        ++run_rows_[table_index<Row>()];
    }
    if (const std::string_view refused = bind_row(statement.raw(), first, row); !refused.empty()) {
        return tl::unexpected<Error>(range_error<Row>(refused));
    }
    return after_insert(database_->run(statement), Table<Row>::name, 1);
}

template <class Row>
Status Recorder::insert_all(std::span<const Row> rows) {
    auto& table = std::get<RowsVirtualTable<Row>>(bulk_tables_);
    table.set_rows(run_->run_id, rows);
    run_rows_[table_index<Row>()] += rows.size();
    Status written = database_->run(*bulk_inserts_[table_index<Row>()]);
    if (const std::string_view column = table.refused(); !column.empty())
        return tl::unexpected<Error>(range_error<Row>(column));
    return after_insert(std::move(written), Table<Row>::name, rows.size());
}

// For rows that all runs of a point share: the first insert stays.
template <class Row>
Status Recorder::insert_once(const Row& row) {
    AIVM_ASSIGN(
        const Statement statement,
        database_->prepare(insert_sql(schema_tables()[table_index<Row>()], OnDuplicate::kIgnore)));
    AIVM_CHECK(bind_row(statement.raw(), 1, row).empty());
    return database_->run(statement);
}

template <class Row>
Status Recorder::insert_analysis(const Row& row) {
    AIVM_CHECK(database_.has_value() && !run_);
    return insert(row);
}

Status Recorder::add_analysis(const EstimateRow& row) { return insert_analysis(row); }
Status Recorder::add_analysis(const ContrastRow& row) { return insert_analysis(row); }
Status Recorder::add_analysis(const ValidationRow& row) { return insert_analysis(row); }

Status Recorder::clear_estimates() {
    AIVM_CHECK(database_.has_value() && !run_);
    return database_->execute("DELETE FROM estimate; DELETE FROM contrast;");
}

Status Recorder::add_sweep(SweepRow row) {
    row.study_id = study_.study_id;
    return insert_analysis(row);
}

void Recorder::take(RowRef row) {
    AIVM_CHECK(run_.has_value());
    if (!run_status_) return;
    if (const auto* metric = std::get_if<const MetricRow*>(&row);
        metric && !find_metric((*metric)->name)) {
        run_status_ = fail(ErrorCode::kInvalidArgument,
                           fmt::format("there is no metric {}", (*metric)->name));
        return;
    }
    if (const auto* violation = std::get_if<const ViolationRow*>(&row);
        violation && (*violation)->replay.empty()) {
        ViolationRow complete = **violation;
        complete.replay = fmt::format("aivmsim replay {} --run {}",
                                      fs::path(path_).filename().string(), run_->run_id);
        run_status_ = insert(complete);
        return;
    }
    run_status_ = std::visit([this](const auto* one) { return insert(*one); }, row);
}

void Recorder::take_all(RowsRef rows) {
    AIVM_CHECK(run_.has_value());
    std::visit(
        [this]<class Row>(std::span<const Row> many) {
            if constexpr (BulkRows::has<Row>) {
                if (run_status_ && !many.empty()) run_status_ = insert_all(many);
            } else {
                take_each(many);
            }
        },
        rows);
}

std::string Recorder::row_counts_json() const {
    std::string out = "{";
    for (std::size_t i = 0; i < run_rows_.size(); ++i) {
        if (schema_tables()[i].scope != Scope::kRun) continue;
        out += fmt::format("{}\"{}\":{}", out.size() > 1 ? "," : "", schema_tables()[i].name,
                           run_rows_[i]);
    }
    return out + "}";
}

Status Recorder::finish_run(const RunSummary& summary) {
    AIVM_CHECK(run_.has_value());
    Status written = run_status_;
    if (written) written = write_run(summary);
    if (!options_.resumable) return written;
    if (written) AIVM_TRY(database_->execute("RELEASE one_run"));
    if (written) return batched_ >= options_.batch_rows ? commit() : Status{};
    drop_run();
    return written;
}

Status Recorder::write_run(const RunSummary& summary) {
    RunRow run = *std::exchange(run_, std::nullopt);
    run.status = summary.status;
    run.end_block = summary.end_block;
    run.end_time_ns = summary.end_time_ns;
    run.events = summary.events;
    run.digest = summary.digest;
    run.wall_time_ns = summary.wall_time_ns;
    for (const std::string& id : summary.invariants)
        run.invariants += (run.invariants.empty() ? "" : " ") + id;
    run.invariant_checks = summary.invariant_checks;
    run.backend = summary.backend;
    run.kernel_fallbacks = summary.kernel_fallbacks;
    run.recovery_time_ns = summary.recovery_time_ns;
    run.recovery_limit_ns = summary.recovery_limit_ns;
    run.budget_end = summary.budget_end;
    run.failure = summary.failure;
    run.row_counts = row_counts_json();
    return insert(run);
}

// Undoes a run of a resumable file. After a full disk SQLite has undone the batch already, and
// there is nothing left to do.
void Recorder::drop_run() {
    static_cast<void>(database_->execute("ROLLBACK TO one_run; RELEASE one_run"));
    last_point_ = -1;
    run_.reset();
}

Status Recorder::commit() {
    AIVM_CHECK(database_.has_value() && !run_);
    batched_ = 0;
    return database_->execute("COMMIT; BEGIN");
}

Status Recorder::merge(const std::string& other_path) {
    AIVM_CHECK(database_.has_value() && !run_);
    AIVM_TRY(database_->execute("COMMIT"));
    AIVM_TRY(database_->execute(kCheckRows));
    const Status merged = merge_study(*database_, other_path);
    AIVM_TRY(database_->execute(kTrustOwnRows));
    AIVM_TRY(database_->execute("BEGIN"));
    return merged;
}

Status Recorder::finish_file() {
    AIVM_TRY(database_->execute("COMMIT"));
    inserts_.clear();
    bulk_inserts_ = {};
    find_run_.reset();
    AIVM_TRY(database_->execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;"));
    AIVM_TRY(database_->close());
    return sync_to_disk(partial_path(), O_RDWR);
}

Status Recorder::suspend() {
    AIVM_CHECK(database_.has_value() && options_.resumable);
    if (run_) drop_run();
    AIVM_TRY(finish_file());
    database_.reset();
    complete_ = true;
    return {};
}

Status Recorder::close() {
    AIVM_CHECK(database_.has_value());
    if (run_) return fail(ErrorCode::kWrongState, fmt::format("{}: a run is not finished", path_));
    AIVM_TRY(finish_file());
    database_.reset();
    AIVM_TRY(check_target(path_, options_.overwrite));
    if (std::rename(partial_path().c_str(), path_.c_str()) != 0) {
        return tl::unexpected<Error>(file_error(path_, "cannot be renamed"));
    }
    complete_ = true;
    // The name itself lies in the directory; a file system that cannot sync one still has the file.
    static_cast<void>(sync_to_disk(directory_of(path_).string(), O_RDONLY | O_DIRECTORY));
    return {};
}

}  // namespace aivm::sim
