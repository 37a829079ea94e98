// How a C++ value becomes a column and comes back. One overload set for all tables, so a type is
// stored one way only.
//
//   bool                    INTEGER 0 or 1           enum (Words)      TEXT, one of its words
//   integers, Amount        INTEGER up to 2^63 - 1   std::string       TEXT
//   double                  REAL                     Number            ANY: INTEGER or REAL
//   std::optional<T>        as T, or NULL
#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <concepts>
#include <limits>
#include <string>
#include <type_traits>

#include "sim/record/tables.h"

namespace aivm::sim {

template <class T>
struct OptionalOf {
    static constexpr bool is_optional = false;
    using Inner = T;
};
template <class T>
struct OptionalOf<std::optional<T>> {
    static constexpr bool is_optional = true;
    using Inner = T;
};

template <class T>
constexpr std::string_view sql_type() {
    using Inner = typename OptionalOf<T>::Inner;
    if constexpr (std::same_as<Inner, double>) return "REAL";
    if constexpr (std::same_as<Inner, Number>) return "ANY";
    if constexpr (std::same_as<Inner, std::string> || std::is_enum_v<Inner>) return "TEXT";
    return "INTEGER";
}

// Each bind_value returns false when the value does not fit the column; `index` counts from 1.
// Texts are not copied, so they must live until the statement has been stepped.
inline bool bind_value(sqlite3_stmt* statement, int index, std::int64_t value) {
    return sqlite3_bind_int64(statement, index, value) == SQLITE_OK;
}
inline bool bind_value(sqlite3_stmt* statement, int index, bool value) {
    return bind_value(statement, index, std::int64_t{value});
}
template <std::unsigned_integral T>
bool bind_value(sqlite3_stmt* statement, int index, T value) {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return false;
    return bind_value(statement, index, static_cast<std::int64_t>(value));
}
inline bool bind_value(sqlite3_stmt* statement, int index, Amount value) {
    return bind_value(statement, index, value.nlux());
}
// A NaN is refused: SQLite would store it as NULL, which means "no data".
inline bool bind_value(sqlite3_stmt* statement, int index, double value) {
    return value == value && sqlite3_bind_double(statement, index, value) == SQLITE_OK;
}
inline bool bind_value(sqlite3_stmt* statement, int index, std::string_view value) {
    return sqlite3_bind_text64(statement, index, value.data(), value.size(), SQLITE_STATIC,
                               SQLITE_UTF8) == SQLITE_OK;
}
template <class T>
    requires std::is_enum_v<T>
bool bind_value(sqlite3_stmt* statement, int index, T value) {
    return bind_value(statement, index, word(value));
}
inline bool bind_value(sqlite3_stmt* statement, int index, const Number& value) {
    return std::visit([&](auto number) { return bind_value(statement, index, number); }, value);
}
template <class T>
bool bind_value(sqlite3_stmt* statement, int index, const std::optional<T>& value) {
    return value ? bind_value(statement, index, *value)
                 : sqlite3_bind_null(statement, index) == SQLITE_OK;
}

// Each fetch_value reads a column of the current row; `index` counts from 0. It returns false when
// the column holds no value of the type of `out`: the file is damaged, or its schema was changed.
template <std::integral T>
bool fetch_value(sqlite3_stmt* statement, int index, T& out) {
    if (sqlite3_column_type(statement, index) != SQLITE_INTEGER) return false;
    const std::int64_t value = sqlite3_column_int64(statement, index);
    if (value < std::int64_t{std::numeric_limits<T>::min()}) return false;
    if (value > 0 && static_cast<std::uint64_t>(value) > std::numeric_limits<T>::max())
        return false;
    out = static_cast<T>(value);
    return true;
}
inline bool fetch_value(sqlite3_stmt* statement, int index, Amount& out) {
    std::uint64_t nlux = 0;
    const bool fits = fetch_value(statement, index, nlux);
    if (fits) out = Amount(nlux);
    return fits;
}
inline bool fetch_value(sqlite3_stmt* statement, int index, double& out) {
    const int type = sqlite3_column_type(statement, index);
    if (type != SQLITE_FLOAT && type != SQLITE_INTEGER) return false;
    out = sqlite3_column_double(statement, index);
    return true;
}
inline bool fetch_value(sqlite3_stmt* statement, int index, std::string& out) {
    if (sqlite3_column_type(statement, index) != SQLITE_TEXT) return false;
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement, index));
    if (bytes == nullptr) return false;  // out of memory
    out.assign(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement, index)));
    return true;
}
template <class T>
    requires std::is_enum_v<T>
bool fetch_value(sqlite3_stmt* statement, int index, T& out) {
    std::string text;
    if (!fetch_value(statement, index, text)) return false;
    const auto known = from_word<T>(text);
    if (known) out = *known;
    return known.has_value();
}
inline bool fetch_value(sqlite3_stmt* statement, int index, Number& out) {
    if (sqlite3_column_type(statement, index) == SQLITE_FLOAT) {
        out = sqlite3_column_double(statement, index);
        return true;
    }
    std::int64_t whole = 0;
    const bool fits = fetch_value(statement, index, whole);
    if (fits) out = whole;
    return fits;
}
template <class T>
bool fetch_value(sqlite3_stmt* statement, int index, std::optional<T>& out) {
    out.reset();
    if (sqlite3_column_type(statement, index) == SQLITE_NULL) return true;
    return fetch_value(statement, index, out.emplace());
}

// Binds all fields of a row, the first at `index`. Returns the name of the first column whose value
// does not fit, or an empty name.
template <class Row>
std::string_view bind_row(sqlite3_stmt* statement, int index, const Row& row) {
    std::string_view refused;
    const auto bind_one = [&](const auto& column) {
        if (bind_value(statement, index++, row.*column.member)) return true;
        refused = column.name;
        return false;
    };
    std::apply([&](const auto&... column) { static_cast<void>((bind_one(column) && ...)); },
               Table<Row>::columns);
    return refused;
}

// Calls visit(column) for the columns that files of schema version `version` have, in order.
template <class Row, class Visitor>
void for_each_column(std::int64_t version, Visitor visit) {
    const auto visit_one = [&](const auto& column) {
        if (column.since <= version) visit(column);
    };
    std::apply([&](const auto&... column) { (visit_one(column), ...); }, Table<Row>::columns);
}

// Whether a row can say of every column younger than its table that the file does not have it.
template <class Row>
constexpr bool later_columns_are_optional() {
    const auto fits = []<class Owner, class T>(const Column<Owner, T>& column) {
        return column.since <= first_version<Table<Row>>() || OptionalOf<T>::is_optional;
    };
    return std::apply([&](const auto&... column) { return (fits(column) && ...); },
                      Table<Row>::columns);
}

// The current row of a statement that selects the columns of `version` in order. The fields of
// later columns keep their default, an empty optional. Returns the name of the first column that
// holds no value of its type, or an empty name.
template <class Row>
std::string_view fetch_row(sqlite3_stmt* statement, std::int64_t version, Row& row) {
    static_assert(later_columns_are_optional<Row>(), "make the field of a later column optional");
    std::string_view damaged;
    int index = 0;
    for_each_column<Row>(version, [&](const auto& column) {
        if (!fetch_value(statement, index++, row.*column.member) && damaged.empty())
            damaged = column.name;
    });
    return damaged;
}

}  // namespace aivm::sim
