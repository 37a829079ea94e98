#include <fmt/format.h>

#include <optional>
#include <span>

#include "core/base/units.h"
#include "core/config/config_json.h"

namespace aivm {
namespace {

// The published form has no days. Parsing matches whole names, so that "m" does not match "ms".
constexpr std::span kUnits = std::span(kDurationUnits).subspan(1);
constexpr std::string_view kDecimalDigits = "0123456789";
constexpr std::size_t kFractionDigitsMax = 9;

std::string_view take(std::string_view& text, bool digits) {
    const std::size_t end =
        digits ? text.find_first_not_of(kDecimalDigits) : text.find_first_of(kDecimalDigits);
    const std::string_view piece = text.substr(0, end);
    text.remove_prefix(piece.size());
    return piece;
}

std::optional<std::uint64_t> number(std::string_view digits) {
    std::uint64_t value = 0;
    for (const char digit : digits) {
        const auto tenfold = checked_mul(value, 10);
        const auto next =
            tenfold ? checked_add(*tenfold, static_cast<std::uint64_t>(digit - '0')) : std::nullopt;
        if (!next) return std::nullopt;
        value = *next;
    }
    return value;
}

// Removes one number with its unit from the front of the text; returns nanoseconds.
std::optional<std::uint64_t> take_term(std::string_view& text) {
    const std::string_view whole = take(text, true);
    std::string_view fraction;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        fraction = take(text, true);
        if (fraction.empty() || fraction.size() > kFractionDigitsMax) return std::nullopt;
    }
    const std::string_view unit_name = take(text, false);
    const auto value = number(whole);
    if (whole.empty() || !value) return std::nullopt;
    for (const Unit& unit : kUnits) {
        if (unit.name != unit_name) continue;
        __extension__ using Wide = unsigned __int128;
        Wide scale = 1;
        for (std::size_t i = 0; i < fraction.size(); ++i) scale *= 10;
        const auto below = static_cast<std::uint64_t>(Wide(*number(fraction)) * unit.size / scale);
        const auto product = checked_mul(*value, unit.size);
        return product ? checked_add(*product, below) : std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

std::string print_duration(std::uint64_t nanoseconds) {
    if (nanoseconds == 0) return "0s";
    std::string out;
    for (const Unit& unit : kUnits) {
        if (nanoseconds >= unit.size)
            out += fmt::format("{}{}", nanoseconds / unit.size, unit.name);
        nanoseconds %= unit.size;
    }
    return out;
}

Result<std::uint64_t> parse_duration(std::string_view text) {
    std::uint64_t sum = 0;
    std::string_view rest = text;
    do {
        const auto term = take_term(rest);
        const auto next = term ? checked_add(sum, *term) : std::nullopt;
        if (!next) {
            return fail(
                ErrorCode::kConfig,
                fmt::format("\"{}\" is not a duration; write one such as \"30s\", \"5m\" or "
                            "\"1h30m\"",
                            text));
        }
        sum = *next;
    } while (!rest.empty());
    return sum;
}

}  // namespace aivm
