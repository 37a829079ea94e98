// One row of the field table: name, type, range and meaning of a key of a scenario file, and its
// member of the struct. Everything that names keys (loading, overrides, printing, the reference
// page, the editor schema) is derived from these rows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "scenarios/file/units.h"

namespace aivm::scenarios {

enum class FieldType : std::uint8_t {
    kInteger,     // a TOML integer, in FieldInfo::unit
    kDuration,    // "30s"; nanoseconds
    kAmount,      // "1000 LUX"; nLUX
    kRatio,       // "1/100", "1%", "10000 ppm"; parts per million
    kBandwidth,   // "100 Mbit/s" or "unlimited"; bits per second
    kBoolean,     // true or false
    kChoice,      // one of FieldInfo::choices; its index
    kName,        // a name as is_name() allows
    kText,        // free text of at most FieldInfo::max bytes
    kNames,       // a list of names
    kNameLists,   // a list of names, or of lists of names; integers are names too
    kIntegers,    // a list of integers
    kParameters,  // a table of integers, ratios (ppm), amounts (nLUX), durations (ns) and booleans
                  // (0, 1)
    kTrace,       // the path of a trace of tasks (CSV), or its contents; sim/scenario/trace.h
    kPrices,      // the path of a table of prices (CSV), or its contents; sim/scenario/price.h
};

using ParameterTable = std::map<std::string, std::int64_t>;
using NameLists = std::vector<std::vector<std::string>>;  // one list of names is a list of one list
// std::monostate: an optional member without a value.
using Value = std::variant<std::uint64_t, bool, std::string, std::vector<std::string>,
                           std::vector<std::uint32_t>, ParameterTable, NameLists, std::monostate>;

inline bool is_set(const Value& value) { return !std::holds_alternative<std::monostate>(value); }

struct FieldInfo {
    std::string_view section;  // "" for the top level, "run", ..., "fault", "group"
    std::string_view key;
    FieldType type = FieldType::kInteger;
    std::string_view unit;  // of an integer: "blocks", "operations"
    std::uint64_t min = 0;  // of a number, or of a list's elements
    std::uint64_t max = 0;  // the same; for a text the most bytes
    std::span<const std::string_view> choices;
    bool required = false;
    std::string_view doc;  // one line

    // "vm.challenge_window_blocks"; a top-level key stands alone.
    [[nodiscard]] std::string dotted() const;
};

// A row with functions that read and write the member. `set` takes a value from parse_value or get.
template <class Owner>
struct Field {
    FieldInfo info;
    Value (*get)(const Owner&) = nullptr;
    void (*set)(Owner&, const Value&) = nullptr;

    // Read from the member's initialiser, so that no default is written twice.
    [[nodiscard]] Value default_value() const { return get(Owner{}); }
};

inline constexpr std::size_t kMaxListItems = 4096;

// "a duration".
std::string_view type_name(FieldType type);
// "a duration such as \"30s\"": an example of how a value of this type is written.
std::string type_form(FieldType type);

// Whether TOML and JSON write the type in quotes.
bool is_quoted(FieldType type);

// "1 to 4096 blocks", in the field's own unit; empty for types without a range.
std::string range_text(const FieldInfo& info);

// A value from text without quotes, as after `--set key=`; lists are separated by commas. Range and
// form are checked.
Parsed<Value> parse_value(const FieldInfo& info, std::string_view text);

// Whether an integer is in the field's range; the problem names the range.
Parsed<Value> check_range(const FieldInfo& info, std::uint64_t number);

// A value of type kTrace or kPrices: its contents, in one form whatever form they were written in.
// A text of one line is a path, relative to `folder` unless it is absolute. FieldInfo::max limits
// the bytes.
Parsed<Value> parse_data(const FieldInfo& info, std::string_view text,
                         const std::filesystem::path& folder);

// Whether the type is one of those of parse_data.
bool is_data(FieldType type);

// A strategy's parameter: an integer (may be negative), "true", "false", a ratio, an amount or a
// duration.
Parsed<std::int64_t> parse_parameter(std::string_view text);

// The value as TOML; loading it returns the same value.
std::string print_value(const FieldInfo& info, const Value& value);

// A TOML basic string, quotes included.
std::string quote(std::string_view text);

}  // namespace aivm::scenarios
