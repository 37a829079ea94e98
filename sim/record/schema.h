// The schema of the outcome database, written from the field tables of sim/record/tables.h: SQL to
// create it, SQL to fill it, and the page that explains it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "sim/record/tables.h"

namespace aivm::sim {

// PRAGMA user_version of the files this program writes, and the oldest it can still read. Version 2
// added the table sweep, the views, and an index of runs by point; version 3 the verdict of
// a validation case, and the backend of a run; version 5 how a run recovered from its faults and
// what a budget ended; version 6 metrics without data as NULL with their n, and failed runs;
// version 7 the vertices, cuts and conflicts of a DAG.
constexpr std::uint32_t kSchemaVersion = 7;
constexpr std::uint32_t kSchemaVersionOldest = 1;

// PRAGMA application_id, "AIVM": distinguishes our files from other SQLite databases.
constexpr std::uint32_t kApplicationId = 0x4149564d;

struct ColumnInfo {
    std::string_view name;
    std::string_view type;  // INTEGER, REAL, TEXT or ANY
    bool nullable = false;
    std::string check;  // a condition on the value, or empty
    std::string_view unit;
    std::string_view doc;
    std::uint32_t since = 1;  // the schema version from which on files have it
};

struct TableInfo {
    std::string_view name;
    std::string_view doc;
    Scope scope = Scope::kFile;
    std::uint32_t since = 1;  // the schema version from which on files have it
    std::string key;          // column names, run_id first in tables of a run
    std::vector<ColumnInfo> columns;
};

// All tables, in the order of AllRows; with run_id where the scope asks for it.
const std::vector<TableInfo>& schema_tables();

// The place of a row type's table in schema_tables().
template <class Row>
constexpr std::size_t table_index() {
    std::size_t found = AllRows::size;
    std::size_t index = 0;
    for_each_table([&]<class Other> {
        if (std::same_as<Row, Other>) found = index;
        ++index;
    });
    return found;
}

// Everything a new database needs: application id, version, tables, index, views.
std::string create_schema_sql();

// What an INSERT does with a row whose key the table already has: fail, or keep the older row.
enum class OnDuplicate : std::uint8_t { kFail, kIgnore };

// CREATE TABLE of a new database, without the semicolon: also what the database itself keeps of it.
std::string create_table_sql(const TableInfo& table);

// A query for the name of a column that holds a value it cannot have, of a table in a file of
// schema version `version`; no row if there is none.
std::string damaged_column_sql(const TableInfo& table, std::int64_t version);

// INSERT INTO table VALUES (?, ?, ...).
std::string insert_sql(const TableInfo& table, OnDuplicate on_duplicate = OnDuplicate::kFail);

// The reference page of the database, Markdown.
std::string schema_page();

// Whether a file of schema version `found` can be read by a program that writes `current` and still
// reads `oldest`. Returns an empty text, a notice for the user, or an error that says what to do.
Result<std::string> schema_notice(std::int64_t found, std::uint32_t oldest, std::uint32_t current);

}  // namespace aivm::sim
