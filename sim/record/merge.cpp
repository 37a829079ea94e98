#include "sim/record/merge.h"

#include <fmt/format.h>

#include "sim/record/schema.h"
#include "sim/record/study.h"

namespace aivm::sim {
namespace {

// The first run or point that the two files disagree about, as a sentence; empty if there is none.
constexpr const char* kConflictQuery =
    "SELECT coalesce("
    "(SELECT 'two configurations share the key ' || a.point_id FROM main.point a JOIN other.point b USING (point_id) "
    " WHERE a.config_hash <> b.config_hash),"
    "(SELECT 'the runs of seed ' || a.seed || ' and seed ' || b.seed || ' share the key ' || a.run_id "
    " FROM main.run a JOIN other.run b USING (run_id) "
    " WHERE (a.point_id, a.seed, a.replicate) <> (b.point_id, b.seed, b.replicate)),"
    "(SELECT 'the run of seed ' || a.seed || ' replicate ' || a.replicate || ' is in both files with different digests,"
    " ' || a.digest || ' and ' || b.digest || ': the program is not deterministic' "
    " FROM main.run a JOIN other.run b USING (run_id) WHERE a.digest <> b.digest), '')";

constexpr const char* kDuplicateQuery =
    "SELECT coalesce((SELECT 'the run of seed ' || a.seed || ' replicate ' || a.replicate || ' is in both files; "
    "merging "
    "would count it twice' FROM main.run a JOIN other.run b USING (run_id)), '')";

Status copy_tables(Database& target, const std::string& other_path) {
    AIVM_ASSIGN(const std::string conflict, target.text(kConflictQuery));
    if (!conflict.empty()) return fail(ErrorCode::kConflict, fmt::format("{}: {}", other_path, conflict));
    AIVM_ASSIGN(const std::string duplicate, target.text(kDuplicateQuery));
    if (!duplicate.empty()) return fail(ErrorCode::kDuplicate, fmt::format("{}: {}", other_path, duplicate));
    for (const TableInfo& table : schema_tables()) {
        // Workers of one study all bring its row, and those of its points.
        const bool shared = table.name == "study" || table.name == "point" || table.name == "point_param";
        AIVM_TRY(target.execute(fmt::format("INSERT {} INTO main.{} SELECT * FROM other.{}", shared ? "OR IGNORE" : "",
                                            table.name, table.name)));
    }
    return {};
}

}  // namespace

Status merge_study(Database& target, const std::string& other_path) {
    {
        AIVM_ASSIGN(const Study other, Study::open(other_path));
        if (!other.notice().empty()) {
            return fail(ErrorCode::kStorage, fmt::format("{}: {}, so it cannot be merged", other_path, other.notice()));
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
