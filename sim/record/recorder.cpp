#include "sim/record/recorder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "core/base/check.h"
#include "sim/record/column_io.h"
#include "sim/record/identity.h"
#include "sim/record/merge.h"
#include "sim/record/metrics.h"

namespace aivm::sim {
namespace {

namespace fs = std::filesystem;

// No durability on the way: a partial file is worthless after a crash anyway, and close() makes the whole one durable.
// The exclusive lock keeps a second writer out of the same partial file and spares the shared-memory file.
constexpr const char* kWritingPragmas =
    "PRAGMA page_size = 8192; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; "
    "PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;";

void remove_file(const std::string& path) {
    std::error_code ignored;
    fs::remove(path, ignored);
}

void remove_partial(const std::string& partial) {
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) remove_file(partial + suffix);
}

Error system_error_at(const std::string& path, std::string_view what) {
    return {ErrorCode::kStorage, fmt::format("{}: {} ({})", path, what, std::strerror(errno))};
}

Status sync_to_disk(const std::string& path, int flags) {
    const int file = ::open(path.c_str(), flags | O_CLOEXEC);
    if (file < 0) return tl::unexpected<Error>(system_error_at(path, "cannot be opened"));
    const int code = ::fsync(file);
    Error failure = system_error_at(path, "cannot be made durable");
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
                    fmt::format("{}: there is no directory {}; create it first", path, directory_of(path).string()));
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

// What an interrupted writer left is removed; what a living one holds is not.
Status clear_stale_partial(const std::string& partial) {
    std::error_code ignored;
    const fs::file_status status = fs::status(partial, ignored);
    if (!fs::exists(status)) return {};
    if (!fs::is_regular_file(status)) {
        return fail(ErrorCode::kStorage, fmt::format("{} is in the way and is not a plain file", partial));
    }
    auto stale = Database::open(partial, Database::Mode::kReadWrite);
    if (stale) {
        const Status locked = stale->execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; ROLLBACK;");
        if (!locked && locked.error().context.find("locked") != std::string::npos) {
            return fail(ErrorCode::kStorage, fmt::format("{} is being written by another process", partial));
        }
    }
    stale = tl::unexpected<Error>(Error{});  // closes it before the file goes
    remove_partial(partial);
    return {};
}

}  // namespace

Recorder::Recorder(std::string path, Database database, RecorderOptions options)
    : path_(std::move(path)), options_(options), database_(std::move(database)) {}

Recorder::~Recorder() {
    if (complete_) return;
    inserts_.clear();
    database_.reset();
    remove_partial(partial_path());
}

Result<std::unique_ptr<Recorder>> Recorder::create(const std::string& path, const StudyInfo& study,
                                                   RecorderOptions options) {
    AIVM_CHECK(options.batch_rows > 0);
    AIVM_TRY(check_target(path, options.overwrite));
    const std::string partial = path + ".partial";
    AIVM_TRY(clear_stale_partial(partial));
    AIVM_ASSIGN(Database database, Database::open(partial, Database::Mode::kCreate));
    std::unique_ptr<Recorder> recorder(new Recorder(path, std::move(database), options));
    AIVM_TRY(recorder->prepare_file(study));
    return recorder;
}

Status Recorder::prepare_file(const StudyInfo& study) {
    AIVM_TRY(database_->execute(kWritingPragmas));
    AIVM_TRY(database_->execute(create_schema_sql()));
    for (const TableInfo& table : schema_tables()) {
        AIVM_ASSIGN(Statement statement, database_->prepare(insert_sql(table)));
        inserts_.push_back(std::move(statement));
    }
    AIVM_TRY(database_->execute("BEGIN"));
    study_ = with_study_id(
        {0, study.name, study.created, study.code_version, study.compiler, study.build_flags, kSchemaVersion});
    return insert(study_);
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
    AIVM_TRY(insert_once(point));
    for (PointParamRow param : info.params) {
        param.point_id = point.point_id;
        AIVM_TRY(insert_once(param));
    }
    run_ = std::move(run);
    run_rows_ = {};
    run_status_ = {};
    return {};
}

Status Recorder::check_new_run(const RunRow& run, const PointRow& point) {
    AIVM_ASSIGN(const std::string known_hash,
                database_->text(fmt::format("SELECT coalesce((SELECT config_hash FROM point WHERE point_id = {}), '')",
                                            point.point_id)));
    if (!known_hash.empty() && known_hash != point.config_hash) {
        return fail(ErrorCode::kConflict,
                    fmt::format("{}: two configurations share the key {}", path_, point.point_id));
    }
    AIVM_ASSIGN(const std::string known_seed,
                database_->text(fmt::format("SELECT coalesce((SELECT 'seed ' || seed || ' replicate ' || replicate "
                                            "FROM run WHERE run_id = {}), '')",
                                            run.run_id)));
    if (known_seed.empty()) return {};
    const std::string seed = fmt::format("seed {} replicate {}", run.seed, run.replicate);
    if (known_seed == seed) {
        return fail(ErrorCode::kDuplicate,
                    fmt::format("{}: the run of {} with {} is already recorded; another replicate "
                                "number would tell them apart",
                                path_, point.scenario, seed));
    }
    return fail(ErrorCode::kConflict,
                fmt::format("{}: the runs of {} and {} share the key {}", path_, known_seed, seed, run.run_id));
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
        return fail(ErrorCode::kOverflow,
                    fmt::format("{}.{} takes numbers up to 9223372036854775807 and no NaN", Table<Row>::name, refused));
    }
    if (Status stepped = database_->run(statement); !stepped) {
        stepped.error().context += fmt::format(", table {}", Table<Row>::name);
        if (stepped.error().context.find("UNIQUE") != std::string::npos) stepped.error().code = ErrorCode::kDuplicate;
        return stepped;
    }
    if (++batched_ >= options_.batch_rows) return commit_and_begin();
    return {};
}

// For rows that every run of a point brings along: the first one stays.
template <class Row>
Status Recorder::insert_once(const Row& row) {
    AIVM_ASSIGN(const Statement statement,
                database_->prepare("INSERT OR IGNORE" + insert_sql(schema_tables()[table_index<Row>()]).substr(6)));
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

void Recorder::take(RowRef row) {
    AIVM_CHECK(run_.has_value());
    if (!run_status_) return;
    if (const auto* metric = std::get_if<const MetricRow*>(&row); metric && !find_metric((*metric)->name)) {
        run_status_ = fail(ErrorCode::kInvalidArgument, fmt::format("there is no metric {}", (*metric)->name));
        return;
    }
    run_status_ = std::visit([this](const auto* one) { return insert(*one); }, row);
}

std::string Recorder::row_counts_json() const {
    std::string out = "{";
    for (std::size_t i = 0; i < run_rows_.size(); ++i) {
        if (schema_tables()[i].scope != Scope::kRun) continue;
        out += fmt::format("{}\"{}\":{}", out.size() > 1 ? "," : "", schema_tables()[i].name, run_rows_[i]);
    }
    return out + "}";
}

Status Recorder::finish_run(const RunSummary& summary) {
    AIVM_CHECK(run_.has_value());
    AIVM_TRY(run_status_);
    RunRow run = *std::exchange(run_, std::nullopt);
    run.status = summary.status;
    run.end_block = summary.end_block;
    run.end_time_ns = summary.end_time_ns;
    run.events = summary.events;
    run.digest = summary.digest;
    run.wall_time_ns = summary.wall_time_ns;
    for (const std::string& id : summary.invariants) run.invariants += (run.invariants.empty() ? "" : " ") + id;
    run.invariant_checks = summary.invariant_checks;
    run.row_counts = row_counts_json();
    return insert(run);
}

Status Recorder::commit_and_begin() {
    batched_ = 0;
    return database_->execute("COMMIT; BEGIN");
}

Status Recorder::merge(const std::string& other_path) {
    AIVM_CHECK(database_.has_value() && !run_);
    AIVM_TRY(database_->execute("COMMIT"));
    AIVM_TRY(merge_study(*database_, other_path));
    return database_->execute("BEGIN");
}

Status Recorder::finish_file() {
    AIVM_TRY(database_->execute("COMMIT"));
    inserts_.clear();
    AIVM_TRY(database_->execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;"));
    AIVM_TRY(database_->close());
    return sync_to_disk(partial_path(), O_RDWR);
}

Status Recorder::close() {
    AIVM_CHECK(database_.has_value());
    if (run_) return fail(ErrorCode::kWrongState, fmt::format("{}: a run is not finished", path_));
    AIVM_TRY(finish_file());
    database_.reset();
    AIVM_TRY(check_target(path_, options_.overwrite));
    if (std::rename(partial_path().c_str(), path_.c_str()) != 0) {
        return tl::unexpected<Error>(system_error_at(path_, "cannot be given its name"));
    }
    complete_ = true;
    // The name itself lies in the directory; a file system that cannot sync one still has the file.
    static_cast<void>(sync_to_disk(directory_of(path_).string(), O_RDONLY | O_DIRECTORY));
    return {};
}

}  // namespace aivm::sim
