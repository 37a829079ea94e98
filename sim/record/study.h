// Reading a study file back. The file is opened for reading only and checked first, so that a Study
// always stands for a complete file. Not thread safe.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "sim/record/column_io.h"
#include "sim/record/rows.h"
#include "sim/record/schema.h"
#include "sim/record/sqlite.h"

namespace aivm::sim {

// The table's columns that files of schema version `version` have, without run_id.
template <class Row>
std::vector<std::string_view> column_names(std::int64_t version) {
    std::vector<std::string_view> names;
    for_each_column<Row>(version, [&](const auto& column) { names.push_back(column.name); });
    return names;
}

// SELECT of these columns with `where` ("WHERE ..." or empty), in the order of the key.
template <class Row>
std::string select_sql(const std::vector<std::string_view>& names, const std::string& where) {
    return fmt::format("SELECT {} FROM {} {} ORDER BY {}{}", fmt::join(names, ", "),
                       Table<Row>::name, where, Table<Row>::scope == Scope::kRun ? "run_id, " : "",
                       Table<Row>::key);
}

// kStorage: the column of this table holds what it cannot hold.
Status damaged_value(const std::string& path, std::string_view table, std::string_view column);

// The current row of a statement of select_sql. Errors: damaged_value.
template <class Row>
Status read_row(Database& database, const Statement& statement, std::int64_t version, Row& row) {
    const std::string_view damaged = fetch_row(statement.raw(), version, row);
    return damaged.empty() ? Status() : damaged_value(database.path(), Table<Row>::name, damaged);
}

// The rows of any database with our tables of schema version `version`, in the order of their keys;
// none of a table that this version does not have.
template <class Row>
Result<std::vector<Row>> select_rows(Database& database, const std::string& where,
                                     std::int64_t version = kSchemaVersion) {
    std::vector<Row> out;
    if (version < first_version<Table<Row>>()) return out;
    AIVM_ASSIGN(const Statement statement,
                database.prepare(select_sql<Row>(column_names<Row>(version), where)));
    while (true) {
        AIVM_ASSIGN(const bool found, database.next(statement));
        if (!found) return out;
        AIVM_TRY(read_row(database, statement, version, out.emplace_back()));
    }
}

class Study {
public:
    // Errors: kNotFound (no such file); kStorage: a directory, not SQLite, not ours, of an
    // unreadable schema version, still being written, truncated or damaged, fewer rows than its
    // runs wrote. Each one sentence that names the file.
    static Result<Study> open(const std::string& path);

    // What the user should know about an older file; empty for a file of the current version.
    [[nodiscard]] const std::string& notice() const { return notice_; }
    [[nodiscard]] const std::string& path() const { return database_.path(); }
    // The schema version of the file.
    [[nodiscard]] std::int64_t version() const { return version_; }

    // All rows of a table that belongs to no run, in the order of their keys: StudyRow, PointRow,
    // RunRow, ...
    template <class Row>
    Result<std::vector<Row>> rows() {
        static_assert(Table<Row>::scope == Scope::kFile, "name the run");
        return select<Row>("");
    }
    // The rows of one run, in the order of their keys.
    template <class Row>
    Result<std::vector<Row>> rows(std::int64_t run_id) {
        static_assert(Table<Row>::scope == Scope::kRun, "this table does not belong to a run");
        return select<Row>("WHERE run_id = " + std::to_string(run_id));
    }
    // Calls `take(run_id, row)` for the rows of all runs that match `where` ("WHERE ..." or empty),
    // in the order of runs and keys: one query, however many runs there are.
    template <class Row, class Take>
    Status for_each_row(const std::string& where, Take take) {
        static_assert(Table<Row>::scope == Scope::kRun, "this table does not belong to a run");
        if (version_ < first_version<Table<Row>>()) return {};
        std::vector<std::string_view> names = column_names<Row>(version_);
        const auto run_column = static_cast<int>(names.size());
        names.emplace_back("run_id");
        AIVM_ASSIGN(const Statement statement, database_.prepare(select_sql<Row>(names, where)));
        while (true) {
            AIVM_ASSIGN(const bool found, database_.next(statement));
            if (!found) return {};
            Row row;
            AIVM_TRY(read_row(database_, statement, version_, row));
            std::int64_t run_id = 0;
            if (!fetch_value(statement.raw(), run_column, run_id))
                return damaged_value(path(), Table<Row>::name, "run_id");
            take(run_id, row);
        }
    }

    // Everything needed to run a run again and compare.
    struct Provenance {
        StudyRow study;
        PointRow point;
        RunRow run;
        [[nodiscard]] std::vector<std::string> overrides() const;  // "key=value"
    };
    // Errors: kNotFound.
    Result<Provenance> provenance(std::int64_t run_id);

private:
    explicit Study(Database database) : database_(std::move(database)) {}

    Status check_file_size();
    Status check_kind();
    Status check_row_counts();
    Status check_whole();

    template <class Row>
    Result<std::vector<Row>> select(const std::string& where) {
        return select_rows<Row>(database_, where, version_);
    }

    Database database_;
    std::int64_t version_ = 0;
    std::string notice_;
};

inline Result<Study> open_study(const std::string& path) { return Study::open(path); }

}  // namespace aivm::sim
