#include "sim/record/check_rows.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>

#include "sim/record/column_io.h"
#include "sim/record/schema.h"
#include "sim/record/study.h"

namespace aivm::sim {
namespace {

// What no row may be, as a condition in SQL and in words, from a schema version on.
struct RowRule {
    std::string_view table;
    std::uint32_t since;
    std::string_view wrong;
    std::string_view what;
};
constexpr std::string_view kNoPoint = "point_id NOT IN (SELECT point_id FROM point)";
constexpr std::string_view kPointIsMissing = "a row of a point that is not there";
constexpr std::array kRowRules{
    RowRule{"run", 1, kNoPoint, kPointIsMissing},
    RowRule{"point_param", 1, kNoPoint, kPointIsMissing},
    RowRule{"estimate", 1, kNoPoint, kPointIsMissing},
    RowRule{"contrast", 1, kNoPoint, kPointIsMissing},
    RowRule{"run", 1, "study_id NOT IN (SELECT study_id FROM study)",
            "a run of a study that is not there"},
    RowRule{"run", 1, "seed = '' OR seed GLOB '*[^0-9]*'", "a seed that is no number"},
    RowRule{"run", 1, "NOT json_valid(row_counts) OR json_type(row_counts) <> 'object'",
            "row counts that are no JSON object"},
    RowRule{"point_param", 1, "number IN (9e999, -9e999)", "a parameter without end"},
    RowRule{"sweep", 2, "NOT json_valid(plan)", "a plan that is no JSON"},
    RowRule{"sweep", 2, "shard NOT BETWEEN 1 AND shards", "a shard that is none of its shards"},
    RowRule{"sweep", 2, "NOT (confidence > 0 AND confidence < 1)",
            "a confidence that is not between 0 and 1"},
};

Status damaged(const Database& database, std::string_view what) {
    return fail(ErrorCode::kStorage, fmt::format("{} is damaged: {}", database.path(), what));
}

// The text in the first row of the query; empty if it has no row.
Result<std::string> first_text(Database& database, const std::string& sql) {
    const auto statement = database.prepare(sql);
    if (!statement) return tl::unexpected(damaged(database, statement.error().context).error());
    const auto found = database.next(*statement);
    if (!found) return tl::unexpected(damaged(database, found.error().context).error());
    std::string out;
    if (*found) fetch_value(statement->raw(), 0, out);
    return out;
}

Status check_pages(Database& database) {
    AIVM_ASSIGN(const std::string verdict, first_text(database, "PRAGMA quick_check(1)"));
    return verdict == "ok" ? Status() : damaged(database, verdict);
}

Status check_values(Database& database, std::int64_t version) {
    for (const TableInfo& table : schema_tables()) {
        if (version < table.since) continue;
        AIVM_ASSIGN(const std::string column,
                    first_text(database, damaged_column_sql(table, version)));
        if (!column.empty()) return damaged_value(database.path(), table.name, column);
    }
    return {};
}

Status check_links(Database& database, std::int64_t version) {
    for (const RowRule& rule : kRowRules) {
        if (version < rule.since) continue;
        AIVM_ASSIGN(const std::string found,
                    first_text(database, fmt::format("SELECT 'x' FROM {} WHERE {} LIMIT 1",
                                                     rule.table, rule.wrong)));
        if (!found.empty())
            return damaged(database, fmt::format("table {}: {}", rule.table, rule.what));
    }
    return {};
}

}  // namespace

Status check_rows(Database& database, std::int64_t version) {
    AIVM_TRY(check_pages(database));
    AIVM_TRY(check_values(database, version));
    return check_links(database, version);
}

}  // namespace aivm::sim
