#include "sim/record/study.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "sim/record/check_rows.h"

namespace aivm::sim {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> bad_file(const std::string& path, std::string_view why) {
    return fail(ErrorCode::kStorage, fmt::format("{} {}", path, why));
}

// Detects a missing, foreign or unreadable file by its first bytes, before SQLite sees it and says
// something vaguer.
Status check_header(const std::string& path) {
    std::error_code ignored;
    const fs::file_status status = fs::status(path, ignored);
    if (!fs::exists(status))
        return fail(ErrorCode::kNotFound, fmt::format("{}: no such file", path));
    if (fs::is_directory(status))
        return bad_file(path, "is a directory; name the database file in it");
    std::array<char, 16> head{};
    std::ifstream file(path, std::ios::binary);
    if (!file) return bad_file(path, "cannot be read; check its permissions");
    file.read(head.data(), head.size());
    if (file.gcount() == 0) return bad_file(path, "is empty, not a database of aivmsim");
    const auto size = static_cast<std::size_t>(file.gcount());
    constexpr std::string_view magic("SQLite format 3\0", 16);
    if (std::string_view(head.data(), size) != magic.substr(0, size)) {
        return bad_file(path, "is not an SQLite database");
    }
    if (size < magic.size()) return bad_file(path, "is truncated");
    if (fs::exists(path + "-wal", ignored))
        return bad_file(path, "is being written to; wait for its writer to finish");
    return {};
}

}  // namespace

Status damaged_value(const std::string& path, std::string_view table, std::string_view column) {
    return bad_file(path,
                    fmt::format("is damaged: table {}: column {} holds a value that it cannot have",
                                table, column));
}

Result<Study> Study::open(const std::string& path) {
    AIVM_TRY(check_header(path));
    AIVM_ASSIGN(Database database, Database::open(path, Database::Mode::kReadOnly));
    Study study(std::move(database));
    AIVM_TRY(study.check_file_size());
    AIVM_TRY(study.check_kind());
    AIVM_TRY(study.check_whole());
    return study;
}

Status Study::check_file_size() {
    std::array<unsigned char, 32> head{};
    std::ifstream file(path(), std::ios::binary);
    if (!file.read(reinterpret_cast<char*>(head.data()), head.size()))
        return bad_file(path(), "is truncated");
    const auto u16 = [&](std::size_t at) { return std::uint64_t{head[at]} << 8 | head[at + 1]; };
    // The file format's header: page size at 16 (1 stands for 65536), pages in the file at 28, both
    // big-endian.
    const std::uint64_t page_size = u16(16) == 1 ? 65536 : u16(16);
    const std::uint64_t expected = page_size * (u16(28) << 16 | u16(30));
    std::error_code ignored;
    const std::uint64_t found = fs::file_size(path(), ignored);
    if (found >= expected) return {};
    return bad_file(path(), fmt::format("is truncated: {} of {} bytes are there", found, expected));
}

Status Study::check_kind() {
    const auto application = database_.integer("PRAGMA application_id");
    if (!application) return bad_file(path(), "is damaged: its first page cannot be read");
    if (*application != kApplicationId) {
        return bad_file(path(),
                        "is an SQLite database, but not one of aivmsim (application id differs)");
    }
    AIVM_ASSIGN(const std::int64_t version, database_.integer("PRAGMA user_version"));
    auto notice = schema_notice(version, kSchemaVersionOldest, kSchemaVersion);
    if (!notice) return bad_file(path(), "cannot be read: " + notice.error().context);
    version_ = version;
    notice_ = *notice;
    return {};
}

Status Study::check_whole() {
    AIVM_TRY(check_rows(database_, version_));
    return check_row_counts();
}

Status Study::check_row_counts() {
    for (const TableInfo& table : schema_tables()) {
        if (table.scope != Scope::kRun || version_ < table.since) continue;
        // One pass over both sides, in the order of the keys: a join of them would be quadratic in
        // the runs.
        const auto missing = database_.text(fmt::format(
            "SELECT coalesce((SELECT 'run ' || run_id || ' wrote ' || sum(wrote) || ' rows, ' || "
            "sum(found) || ' are there' FROM ("
            "SELECT run_id, ifnull(json_extract(row_counts, '$.{0}'), 0) AS wrote, 0 AS found "
            "FROM run UNION ALL SELECT run_id, 0, count(*) FROM {0} GROUP BY run_id) "
            "GROUP BY run_id HAVING sum(wrote) <> sum(found) LIMIT 1), '')",
            table.name));
        if (!missing) return bad_file(path(), "is damaged: " + missing.error().context);
        if (!missing->empty()) {
            return bad_file(path(),
                            fmt::format("is incomplete: table {}: {}", table.name, *missing));
        }
    }
    return {};
}

Result<Study::Provenance> Study::provenance(std::int64_t run_id) {
    const auto one = [&]<class Row>(std::string_view key, std::int64_t value, Row& out) -> Status {
        AIVM_ASSIGN(std::vector<Row> found, select<Row>(fmt::format("WHERE {} = {}", key, value)));
        if (found.empty()) {
            return fail(ErrorCode::kNotFound,
                        fmt::format("{} has no {} {}", path(), Table<Row>::name, value));
        }
        out = std::move(found.front());
        return {};
    };
    Provenance out;
    AIVM_TRY(one("run_id", run_id, out.run));
    AIVM_TRY(one("point_id", out.run.point_id, out.point));
    AIVM_TRY(one("study_id", out.run.study_id, out.study));
    return out;
}

std::vector<std::string> Study::Provenance::overrides() const {
    std::vector<std::string> out;
    std::string_view rest = point.overrides;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        out.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return out;
}

}  // namespace aivm::sim
