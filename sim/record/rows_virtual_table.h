// Rows in memory as a table that SQL can read, so that one statement writes them all: INSERT INTO
// task SELECT * FROM bulk_task. A virtual table of SQLite with the columns of the table; there is
// one per table and connection.
#pragma once

#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tuple>

#include "sim/record/column_io.h"
#include "sim/record/sqlite.h"

namespace aivm::sim {

// Each returns false when the value does not fit the column, like the overloads of bind_value.
inline bool set_result(sqlite3_context* to, std::int64_t value) {
    sqlite3_result_int64(to, value);
    return true;
}
inline bool set_result(sqlite3_context* to, bool value) {
    return set_result(to, std::int64_t{value});
}
template <std::unsigned_integral T>
bool set_result(sqlite3_context* to, T value) {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return false;
    return set_result(to, static_cast<std::int64_t>(value));
}
inline bool set_result(sqlite3_context* to, Amount value) { return set_result(to, value.nlux()); }
inline bool set_result(sqlite3_context* to, std::string_view value) {
    sqlite3_result_text64(to, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8);
    return true;
}
template <class T>
    requires std::is_enum_v<T>
bool set_result(sqlite3_context* to, T value) {
    return set_result(to, word(value));
}
template <class T>
bool set_result(sqlite3_context* to, const std::optional<T>& value) {
    if (value) return set_result(to, *value);
    sqlite3_result_null(to);
    return true;
}

template <class Row>
class RowsVirtualTable {
public:
    RowsVirtualTable() = default;
    RowsVirtualTable(const RowsVirtualTable&) = delete;
    RowsVirtualTable& operator=(const RowsVirtualTable&) = delete;

    [[nodiscard]] static std::string name() { return "bulk_" + std::string(Table<Row>::name); }
    // Registers the table with the connection. This object must outlive the connection.
    [[nodiscard]] bool attach(sqlite3* connection) {
        return sqlite3_create_module_v2(connection, name().c_str(), &kModule, this, nullptr) ==
               SQLITE_OK;
    }
    // Replaces the contents of the table; `rows` must outlive the statement that reads them.
    void set_rows(std::int64_t run_id, std::span<const Row> rows) {
        run_id_ = run_id;
        rows_ = rows;
        refused_ = {};
    }
    // The column whose value did not fit when the rows were read; empty if all did.
    [[nodiscard]] std::string_view refused() const { return refused_; }

private:
    struct View : sqlite3_vtab {
        RowsVirtualTable* table = nullptr;
    };
    struct Cursor : sqlite3_vtab_cursor {
        std::size_t at = 0;
    };
    using Setter = bool (*)(sqlite3_context*, const Row&);

    template <std::size_t I>
    static bool set_column(sqlite3_context* to, const Row& row) {
        return set_result(to, row.*std::get<I>(Table<Row>::columns).member);
    }
    static constexpr std::size_t kColumns = std::tuple_size_v<decltype(Table<Row>::columns)>;
    static constexpr std::array<Setter, kColumns> kSetters =
        []<std::size_t... I>(std::index_sequence<I...>) {
            return std::array<Setter, kColumns>{&set_column<I>...};
        }(std::make_index_sequence<kColumns>());

    static RowsVirtualTable& of(sqlite3_vtab_cursor* cursor) {
        return *static_cast<View*>(cursor->pVtab)->table;
    }
    static std::size_t& at(sqlite3_vtab_cursor* cursor) { return static_cast<Cursor*>(cursor)->at; }

    // SQLite's side, in the order of sqlite3_module.
    static int connect(sqlite3* connection, void* self, int, const char* const*, sqlite3_vtab** out,
                       char**) {
        std::string sql = "CREATE TABLE bulk (run_id";
        std::apply([&](const auto&... column) { ((sql += ", " + std::string(column.name)), ...); },
                   Table<Row>::columns);
        const int code = sqlite3_declare_vtab(connection, (sql + ")").c_str());
        if (code != SQLITE_OK) return code;
        auto* view = new View{};
        view->table = static_cast<RowsVirtualTable*>(self);
        *out = view;
        return SQLITE_OK;
    }
    static int best_index(sqlite3_vtab*, sqlite3_index_info*) {
        return SQLITE_OK;
    }  // there is one way: all of it
    static int disconnect(sqlite3_vtab* view) {
        delete static_cast<View*>(view);
        return SQLITE_OK;
    }
    static int open(sqlite3_vtab*, sqlite3_vtab_cursor** out) {
        *out = new Cursor{};
        return SQLITE_OK;
    }
    static int close(sqlite3_vtab_cursor* cursor) {
        delete static_cast<Cursor*>(cursor);
        return SQLITE_OK;
    }
    static int filter(sqlite3_vtab_cursor* cursor, int, const char*, int, sqlite3_value**) {
        at(cursor) = 0;
        return SQLITE_OK;
    }
    static int next(sqlite3_vtab_cursor* cursor) {
        ++at(cursor);
        return SQLITE_OK;
    }
    static int eof(sqlite3_vtab_cursor* cursor) {
        return at(cursor) >= of(cursor).rows_.size() ? 1 : 0;
    }
    static int column(sqlite3_vtab_cursor* cursor, sqlite3_context* to, int index) {
        RowsVirtualTable& table = of(cursor);
        if (index == 0) {
            sqlite3_result_int64(to, table.run_id_);
            return SQLITE_OK;
        }
        const auto i = static_cast<std::size_t>(index - 1);
        if (kSetters.at(i)(to, table.rows_[at(cursor)])) return SQLITE_OK;
        table.refused_ = name_of(i);
        return SQLITE_RANGE;
    }
    static int row_id(sqlite3_vtab_cursor* cursor, sqlite3_int64* out) {
        *out = static_cast<sqlite3_int64>(at(cursor));
        return SQLITE_OK;
    }

    static std::string_view name_of(std::size_t column) {
        return std::apply(
            [&](const auto&... one) {
                return std::array<std::string_view, kColumns>{one.name...}.at(column);
            },
            Table<Row>::columns);
    }

    static constexpr sqlite3_module kModule = [] {
        sqlite3_module module{};
        module.xConnect = connect;  // and no xCreate: the table is there by its name alone
        module.xBestIndex = best_index;
        module.xDisconnect = disconnect;
        module.xOpen = open;
        module.xClose = close;
        module.xFilter = filter;
        module.xNext = next;
        module.xEof = eof;
        module.xColumn = column;
        module.xRowid = row_id;
        return module;
    }();

    std::int64_t run_id_ = 0;
    std::span<const Row> rows_;
    std::string_view refused_;
};

// The tables with a row per task or block, for which bulk inserts are worth it.
template <class... Rows>
struct BulkTablesOf {
    using Tables = std::tuple<RowsVirtualTable<Rows>...>;
    template <class Row>
    static constexpr bool has = (std::same_as<Row, Rows> || ...);
};
using BulkRows = BulkTablesOf<TaskRow, ResultRow, ChallengeRow, SlashRow, ChainStatRow>;

}  // namespace aivm::sim
