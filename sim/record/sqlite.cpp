#include "sim/record/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cstring>

#include "core/base/check.h"

namespace aivm::sim {

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Database::Close::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }

namespace {

// An extended result code holds its primary code in the low byte.
int primary_code(int extended) { return extended & 0xff; }

// Nobody asks SQLite how much memory it has in use, so it need not lock and count at every
// allocation. Of no effect where somebody else in the process has started SQLite before.
void spare_memory_statistics() {
    static const int done = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    static_cast<void>(done);
}

}  // namespace

Result<Database> Database::open(const std::string& path, Mode mode) {
    spare_memory_statistics();
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    flags |= mode == Mode::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    if (mode == Mode::kCreate) flags |= SQLITE_OPEN_CREATE;
    Database out;
    out.path_ = path;
    sqlite3* raw = nullptr;
    // SQLite reads an empty name as a temporary file and a leading colon as something special:
    // always pass a path.
    const std::string plain = path.starts_with('/') ? path : "./" + path;
    const int code = sqlite3_open_v2(plain.c_str(), &raw, flags, nullptr);
    out.raw_.reset(raw);
    if (code != SQLITE_OK) return tl::unexpected<Error>(out.error("cannot be opened"));
    return out;
}

Status Database::execute(const std::string& sql) {
    if (sqlite3_exec(raw_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
    return tl::unexpected<Error>(error("a statement failed"));
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v3(raw_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    if (code != SQLITE_OK) return tl::unexpected<Error>(error("a statement could not be prepared"));
    return Statement(raw);
}

Status Database::run(const Statement& statement) {
    const int code = sqlite3_step(statement.raw());
    if (code == SQLITE_DONE) {
        sqlite3_reset(statement.raw());
        return {};
    }
    // before the reset, which would forget the reason
    Error failure = error("a row could not be written");
    sqlite3_reset(statement.raw());
    return tl::unexpected<Error>(std::move(failure));
}

Result<bool> Database::next(const Statement& statement) {
    const int code = sqlite3_step(statement.raw());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return tl::unexpected<Error>(error("could not be read"));
}

Result<std::int64_t> Database::integer(std::string_view sql) {
    AIVM_ASSIGN(const Statement statement, prepare(sql));
    AIVM_ASSIGN(const bool found, next(statement));
    if (!found) return fail(ErrorCode::kNotFound, fmt::format("{}: no row for {}", path_, sql));
    return sqlite3_column_int64(statement.raw(), 0);
}

Result<std::string> Database::text(std::string_view sql) {
    AIVM_ASSIGN(const Statement statement, prepare(sql));
    AIVM_ASSIGN(const bool found, next(statement));
    if (!found) return fail(ErrorCode::kNotFound, fmt::format("{}: no row for {}", path_, sql));
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement.raw(), 0));
    return std::string(bytes == nullptr ? "" : bytes);
}

Error Database::error(std::string_view what) const {
    if (raw_ == nullptr)
        return {ErrorCode::kStorage, fmt::format("{}: {} (out of memory)", path_, what)};
    std::string why = sqlite3_errmsg(raw_.get());
    const int system = sqlite3_system_errno(raw_.get());
    const int code = sqlite3_extended_errcode(raw_.get());
    const int kind = primary_code(code);
    if (system != 0 && (kind == SQLITE_IOERR || kind == SQLITE_FULL || kind == SQLITE_CANTOPEN)) {
        why += fmt::format(": {}", std::strerror(system));
    }
    const bool duplicate = code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_UNIQUE;
    return {duplicate ? ErrorCode::kDuplicate : ErrorCode::kStorage,
            fmt::format("{}: {} ({})", path_, what, why)};
}

bool Database::disk_failed() const {
    const int kind = primary_code(sqlite3_extended_errcode(raw_.get()));
    return kind == SQLITE_IOERR || kind == SQLITE_FULL || kind == SQLITE_CANTOPEN ||
           kind == SQLITE_READONLY;
}

bool Database::busy() const {
    const int kind = primary_code(sqlite3_extended_errcode(raw_.get()));
    return kind == SQLITE_BUSY || kind == SQLITE_LOCKED;
}

Status Database::close() {
    AIVM_CHECK(raw_ != nullptr);
    if (sqlite3_close(raw_.get()) != SQLITE_OK)
        return tl::unexpected<Error>(error("cannot be closed"));
    static_cast<void>(raw_.release());
    return {};
}

std::string sql_literal(std::string_view text) {
    std::string out = "'";
    for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
    return out + "'";
}

}  // namespace aivm::sim
