#include "sim/record/schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>
#include <map>
#include <utility>

#include "sim/record/column_io.h"
#include "sim/record/metrics.h"
#include "sim/record/views.h"

namespace aivm::sim {
namespace {

template <class T>
std::string check_of(std::string_view name) {
    using Inner = typename OptionalOf<T>::Inner;
    if constexpr (std::same_as<Inner, bool>) return fmt::format("{} IN (0, 1)", name);
    if constexpr (std::same_as<Inner, Number>)
        return fmt::format("typeof({}) IN ('integer', 'real'{})", name,
                           OptionalOf<T>::is_optional ? ", 'null'" : "");
    if constexpr (std::is_enum_v<Inner>) {
        return fmt::format("{} IN ('{}')", name, fmt::join(words<Inner>, "', '"));
    }
    return {};
}

// The condition that a number fits its field; empty for one that holds every number of SQLite.
template <class T>
std::string range_of(std::string_view name) {
    using Inner = typename OptionalOf<T>::Inner;
    if constexpr (std::same_as<Inner, Amount>) return fmt::format("{} >= 0", name);
    if constexpr (std::unsigned_integral<Inner> && !std::same_as<Inner, bool>) {
        if constexpr (sizeof(Inner) == sizeof(std::int64_t)) return fmt::format("{} >= 0", name);
        return fmt::format("{} BETWEEN 0 AND {}", name, std::numeric_limits<Inner>::max());
    }
    return {};
}

// By table and column.
const std::map<std::pair<std::string_view, std::string_view>, std::string>& ranges() {
    static const auto made = [] {
        std::map<std::pair<std::string_view, std::string_view>, std::string> out;
        for_each_table([&]<class Row> {
            const auto add = [&]<class Owner, class T>(const Column<Owner, T>& column) {
                out[{Table<Row>::name, column.name}] = range_of<T>(column.name);
            };
            std::apply([&](const auto&... column) { (add(column), ...); }, Table<Row>::columns);
        });
        return out;
    }();
    return made;
}

template <class Row>
TableInfo describe() {
    constexpr std::uint32_t since = first_version<Table<Row>>();
    TableInfo table{Table<Row>::name,
                    Table<Row>::doc,
                    Table<Row>::scope,
                    since,
                    std::string(Table<Row>::key),
                    {}};
    if (table.scope == Scope::kRun) {
        table.key = "run_id, " + table.key;
        table.columns.push_back({"run_id", "INTEGER", false, {}, "", "the run", since});
    }
    const auto add = [&]<class Owner, class T>(const Column<Owner, T>& column) {
        table.columns.push_back({column.name, sql_type<T>(), OptionalOf<T>::is_optional,
                                 check_of<T>(column.name), column.unit, column.doc,
                                 std::max(column.since, since)});
    };
    std::apply([&](const auto&... column) { (add(column), ...); }, Table<Row>::columns);
    return table;
}

// The condition that a value of the column is one of it.
std::string fits_sql(std::string_view table, const ColumnInfo& column) {
    std::string out;
    if (column.type == "REAL") {
        out = fmt::format("typeof({}) IN ('real', 'integer')", column.name);
    } else if (column.type != "ANY") {  // whose check names the types
        out = fmt::format("typeof({}) = '{}'", column.name,
                          column.type == "TEXT" ? "text" : "integer");
    }
    if (!column.check.empty())
        out += fmt::format("{}({})", out.empty() ? "" : " AND ", column.check);
    const auto range = ranges().find({table, column.name});
    if (range != ranges().end() && !range->second.empty()) out += " AND " + range->second;
    return column.nullable ? fmt::format("{} IS NULL OR ({})", column.name, out) : out;
}

}  // namespace

std::string create_table_sql(const TableInfo& table) {
    std::string out = fmt::format("CREATE TABLE {} (  -- {}\n", table.name, table.doc);
    for (const ColumnInfo& column : table.columns) {
        out += fmt::format("    {} {}{}{},\n", column.name, column.type,
                           column.nullable ? "" : " NOT NULL",
                           column.check.empty() ? "" : " CHECK (" + column.check + ")");
    }
    // Rows come in the order of their keys, so keeping them in that order costs nothing and needs
    // no second index.
    return out + fmt::format("    PRIMARY KEY ({})\n) STRICT, WITHOUT ROWID", table.key);
}

std::string damaged_column_sql(const TableInfo& table, std::int64_t version) {
    std::string cases;
    for (const ColumnInfo& column : table.columns) {
        if (column.since > version) continue;
        cases +=
            fmt::format(" WHEN ({}) IS NOT 1 THEN '{}'", fits_sql(table.name, column), column.name);
    }
    return fmt::format(
        "SELECT wrong FROM (SELECT CASE{} END AS wrong FROM {}) WHERE wrong IS NOT "
        "NULL LIMIT 1",
        cases, table.name);
}

const std::vector<TableInfo>& schema_tables() {
    static const std::vector<TableInfo> tables = [] {
        std::vector<TableInfo> out;
        for_each_table([&]<class Row> { out.push_back(describe<Row>()); });
        return out;
    }();
    return tables;
}

std::string create_schema_sql() {
    std::string out = fmt::format("PRAGMA application_id = {};\nPRAGMA user_version = {};\n",
                                  kApplicationId, kSchemaVersion);
    for (const TableInfo& table : schema_tables()) {
        out += '\n';
        out += create_table_sql(table) + ";\n";
    }
    out += "\nCREATE INDEX run_by_point ON run (point_id, replicate);\n";
    for (const ViewInfo& view : schema_views()) {
        out += fmt::format("\nCREATE VIEW {} AS  -- {}{};\n", view.name, view.doc, view.sql);
    }
    return out;
}

std::string insert_sql(const TableInfo& table, OnDuplicate on_duplicate) {
    const std::vector<std::string_view> marks(table.columns.size(), "?");
    return fmt::format("INSERT {}INTO {} VALUES ({})",
                       on_duplicate == OnDuplicate::kIgnore ? "OR IGNORE " : "", table.name,
                       fmt::join(marks, ", "));
}

namespace {

// "; since version 3, NULL in older files", or nothing for a column as old as its table.
std::string since_text(const TableInfo& table, const ColumnInfo& column) {
    if (column.since == table.since) return {};
    return fmt::format("; since version {}, NULL in older files", column.since);
}

std::string table_section(const TableInfo& table) {
    std::string out =
        fmt::format("\n## {}\n\nOne row is {}. Key: {}.{}\n\n", table.name, table.doc, table.key,
                    table.since > 1 ? fmt::format(" Since version {}.", table.since) : "");
    out += "| column | type | unit | meaning |\n|---|---|---|---|\n";
    for (const ColumnInfo& column : table.columns) {
        out += fmt::format("| `{}` | {}{} | {} | {}{} |\n", column.name, column.type,
                           column.nullable ? " or NULL" : "", column.unit, column.doc,
                           since_text(table, column));
    }
    return out;
}

constexpr std::string_view kIntervalsSection = R"(
## Intervals

`estimate.method` and `contrast.method` say how an interval was computed, and end with its
confidence. The methods and their reasons are documented in `scenarios/statistics/`. The shares are
`attacker_profitable` of runs, `p_final_corrupt` of final results and
`n_fraud_missed/n_fraud_posted` of wrong results posted.

| method | interval of |
|---|---|
| `t 95%` | the mean of a metric over runs (Student) |
| `share 95%` | a share; events of one run may be dependent, so runs are the samples |
| `clopper-pearson 95%` | a share, in files of older versions |
| `paired t 95%` | the mean difference between two points, seed by seed |
| `paired ratio 95%` | the difference between the shares of two points, seed by seed |
| `group-sequential 95%` | the quantity of a stopping rule, valid although the end depends on it |
)";

}  // namespace

std::string schema_page() {
    std::string out = fmt::format(
        "# The outcome database\n\n"
        "Generated from `sim/record/tables.h` by the program; do not edit. Schema version {}, "
        "application id {} (`AIVM`).\nOne SQLite file is one study. All tables are STRICT; money "
        "is "
        "in nLUX (1 LUX = 10^9 nLUX), times of a run are virtual.\nA column may be NULL only where "
        "it says so, and NULL means that there is no data, never 0. A file of an older version\n"
        "lacks the tables and columns that this page marks with a later one: the program reads "
        "such a table as empty and such\na column as NULL.\n",
        kSchemaVersion, kApplicationId);
    for (const TableInfo& table : schema_tables()) out += table_section(table);
    out +=
        "\n## Views\n\nThey need an SQLite with sqrt() (3.35 or later).\n\n| view | one row for "
        "|\n|---|---|\n";
    for (const ViewInfo& view : schema_views())
        out += fmt::format("| `{}` | {} |\n", view.name, view.doc);
    out += kIntervalsSection;
    out +=
        "\n## Metrics\n\nThe values of `metric.name`. Those marked also have a row per "
        "verification "
        "mode in use.\n\n"
        "| name | unit | per mode | meaning |\n|---|---|---|---|\n";
    for (const MetricSpec& metric : metric_specs()) {
        out += fmt::format("| `{}` | {} | {} | {} |\n", metric.name, metric.unit,
                           metric.per_mode ? "yes" : "", metric.doc);
    }
    return out;
}

Result<std::string> schema_notice(std::int64_t found, std::uint32_t oldest, std::uint32_t current) {
    if (found == current) return std::string{};
    if (found > current) {
        return fail(ErrorCode::kStorage,
                    fmt::format("it has schema version {}, this program knows versions up to {}: "
                                "use the program that wrote it, or a newer one",
                                found, current));
    }
    if (found < oldest) {
        return fail(ErrorCode::kStorage,
                    fmt::format("it has schema version {}, this program reads versions from {} on: "
                                "use the program that wrote it",
                                found, oldest));
    }
    return fmt::format("schema version {} is older than this program's {}: opened for reading only",
                       found, current);
}

}  // namespace aivm::sim
