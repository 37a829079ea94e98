// SQLite behind a narrow header: a connection and a prepared statement that close themselves, and
// errors as values. Neither is thread safe; use each from one thread at a time. The text of every
// error names the file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace aivm::sim {

// A prepared statement. It must not outlive its Database.
class Statement {
public:
    explicit Statement(sqlite3_stmt* raw) : raw_(raw) {}
    [[nodiscard]] sqlite3_stmt* raw() const { return raw_.get(); }

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    std::unique_ptr<sqlite3_stmt, Finalize> raw_;
};

class Database {
public:
    enum class Mode : std::uint8_t { kReadOnly, kReadWrite, kCreate };

    static Result<Database> open(const std::string& path, Mode mode);

    // Runs statements separated by semicolons and ignores the rows they return.
    Status execute(const std::string& sql);
    Result<Statement> prepare(std::string_view sql);
    // Runs a statement that returns no row, and resets it for the next values.
    Status run(const Statement& statement);
    // True when there is a row to read, false after the last.
    Result<bool> next(const Statement& statement);

    // The first column of the first row; an error when there is none.
    Result<std::int64_t> integer(std::string_view sql);
    Result<std::string> text(std::string_view sql);

    // The last failure as an Error: "PATH: WHAT (SQLite's reason: the system's reason)". kDuplicate
    // when a row's key is in the table already, else kStorage.
    [[nodiscard]] Error error(std::string_view what) const;
    // Whether the last failure is one of the disk: full, failing or not to be written.
    [[nodiscard]] bool disk_failed() const;
    // Whether the last failure is that another connection has locked the file.
    [[nodiscard]] bool busy() const;
    [[nodiscard]] const std::string& path() const { return path_; }

    // The connection, for calls of SQLite that this class does not wrap. It stays owned by this
    // object.
    [[nodiscard]] sqlite3* raw() const { return raw_.get(); }

    // Closes the file now. The connection cannot be used afterwards.
    Status close();

private:
    struct Close {
        void operator()(sqlite3* connection) const;
    };
    std::unique_ptr<sqlite3, Close> raw_;
    std::string path_;
};

// A text as an SQL literal, quotes doubled.
std::string sql_literal(std::string_view text);

}  // namespace aivm::sim
