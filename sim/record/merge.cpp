#include "sim/record/merge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <string_view>
#include <vector>

#include "sim/record/schema.h"
#include "sim/record/study.h"

namespace aivm::sim {
namespace {

// The first run or point that the two files disagree about, as a sentence; empty if there is none.
constexpr const char* kConflictQuery =
    "SELECT coalesce("
    "(SELECT 'two configurations share the key ' || a.point_id FROM main.point a JOIN other.point "
    "b USING (point_id) "
    " WHERE a.config_hash <> b.config_hash),"
    "(SELECT 'the runs of seed ' || a.seed || ' and seed ' || b.seed || ' share the key ' || "
    "a.run_id "
    " FROM main.run a JOIN other.run b USING (run_id) "
    " WHERE (a.point_id, a.seed, a.replicate) <> (b.point_id, b.seed, b.replicate)),"
    "(SELECT 'the run of seed ' || a.seed || ' replicate ' || a.replicate || ' is in both files "
    "with different digests,"
    " ' || a.digest || ' and ' || b.digest || ': the program is not deterministic' "
    " FROM main.run a JOIN other.run b USING (run_id) WHERE a.digest <> b.digest), '')";

constexpr const char* kDuplicateQuery =
    "SELECT coalesce((SELECT 'the run of seed ' || a.seed || ' replicate ' || a.replicate || ' is "
    "in both files; "
    "merging "
    "would count it twice' FROM main.run a JOIN other.run b USING (run_id)), '')";

constexpr const char* kVersionQuery =
    "SELECT coalesce((SELECT 'it was written by aivmsim ' || b.code_version || ', the others by ' "
    "|| a.code_version || "
    "'; runs of different programs do not belong together' "
    " FROM main.study a JOIN other.study b ON a.code_version <> b.code_version), '')";

// Tables that both files may share are copied once. Conclusions from the runs of one file alone are
// not copied.
bool is_shared(std::string_view table) {
    return table == "study" || table == "point" || table == "point_param" || table == "sweep";
}
bool is_conclusion(std::string_view table) { return table == "estimate" || table == "contrast"; }

std::string columns_of(const TableInfo& table) {
    std::vector<std::string_view> names;
    for (const ColumnInfo& column : table.columns) names.push_back(column.name);
    return fmt::format("{}", fmt::join(names, ", "));
}

Status copy_tables(Database& target, const std::string& other_path) {
    AIVM_ASSIGN(const std::string version, target.text(kVersionQuery));
    if (!version.empty())
        return fail(ErrorCode::kConflict, fmt::format("{}: {}", other_path, version));
    AIVM_ASSIGN(const std::string conflict, target.text(kConflictQuery));
    if (!conflict.empty())
        return fail(ErrorCode::kConflict, fmt::format("{}: {}", other_path, conflict));
    AIVM_ASSIGN(const std::string duplicate, target.text(kDuplicateQuery));
    if (!duplicate.empty())
        return fail(ErrorCode::kDuplicate, fmt::format("{}: {}", other_path, duplicate));
    for (const TableInfo& table : schema_tables()) {
        if (is_conclusion(table.name)) continue;
        const Status copied = target.execute(fmt::format(
            "INSERT {} INTO main.{} SELECT {} FROM other.{}",
            is_shared(table.name) ? "OR IGNORE" : "", table.name, columns_of(table), table.name));
        if (copied) continue;
        if (target.disk_failed() || copied.error().code == ErrorCode::kDuplicate) return copied;
        return fail(ErrorCode::kMalformed, fmt::format("{} is damaged: table {} cannot be copied",
                                                       other_path, table.name));
    }
    return {};
}

}  // namespace

Status merge_study(Database& target, const std::string& other_path) {
    {
        AIVM_ASSIGN(const Study other, Study::open(other_path));
        if (!other.notice().empty()) {
            return fail(ErrorCode::kStorage,
                        fmt::format("{}: {}, so it cannot be merged", other_path, other.notice()));
        }
    }
    const std::string plain = other_path.starts_with('/') ? other_path : "./" + other_path;
    AIVM_TRY(target.execute(fmt::format("ATTACH {} AS other", sql_literal(plain))));
    Status copied = target.execute("BEGIN");
    if (copied) copied = copy_tables(target, other_path);
    const Status ended = target.execute(copied ? "COMMIT" : "ROLLBACK");
    const Status detached = target.execute("DETACH other");
    AIVM_TRY(copied);
    AIVM_TRY(ended);
    return detached;
}

}  // namespace aivm::sim
