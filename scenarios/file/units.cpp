#include "scenarios/file/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <span>

#include "core/base/units.h"

namespace aivm::scenarios {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr Unit kBandwidths[] = {
    {"Gbit/s", 1'000'000'000}, {"Mbit/s", 1'000'000}, {"kbit/s", 1'000}, {"bit/s", 1}};
constexpr Unit kRatios[] = {{"%", kPpmWhole / 100}, {"ppm", 1}};
constexpr int kMaxFractionDigits = 18;  // 10^18 still fits a 64-bit number
constexpr std::size_t kMaxDigits = 19;  // more digits may exceed 64 bits

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// A decimal number as mantissa / 10^fraction_digits, without trailing zeros behind the point.
struct Decimal {
    std::uint64_t mantissa = 0;
    int fraction_digits = 0;
};

std::optional<Decimal> parse_decimal(std::string_view text) {
    std::string digits(text);
    Decimal out;
    if (const auto point = digits.find('.'); point != std::string::npos) {
        if (point == 0 || point + 1 == digits.size()) return std::nullopt;
        digits.erase(point, 1);
        while (digits.size() > point && digits.back() == '0') digits.pop_back();
        if (digits.size() - point > kMaxFractionDigits) return std::nullopt;
        out.fraction_digits = static_cast<int>(digits.size() - point);
    }
    const auto* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, out.mantissa);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return out;
}

// The name and an example of a kind of value, for messages.
struct Kind {
    std::string_view noun;     // "a duration"
    std::string_view example;  // "write a number and one of ..., such as \"30s\""
};

constexpr Kind kDuration{"a duration",
                         "write a number and one of ns us ms s m h d, such as \"30s\""};
constexpr Kind kAmount{"an amount",
                       "write a number and one of LUX mLUX uLUX nLUX, such as \"1000 LUX\""};
constexpr Kind kRatio{"a ratio", "write \"1/100\", \"1%\" or \"10000 ppm\""};
constexpr Kind kBandwidthKind{"a bandwidth",
                              "write a number and one of bit/s kbit/s Mbit/s Gbit/s, such as \"100 "
                              "Mbit/s\", or \"unlimited\""};

tl::unexpected<Problem> not_a(const Kind& kind, std::string_view text) {
    return tl::unexpected(
        Problem{fmt::format("\"{}\" is not {}", text, kind.noun), std::string(kind.example)});
}

tl::unexpected<Problem> too_large(std::string_view text) {
    return tl::unexpected(Problem{fmt::format("\"{}\" is too large for a 64-bit number", text),
                                  "write a smaller value"});
}

Parsed<std::uint64_t> parse_with_unit(std::string_view whole_text, std::span<const Unit> units,
                                      const Kind& kind) {
    const auto text = trim(whole_text);
    std::size_t split = 0;
    while (split < text.size() && (is_digit(text[split]) || text[split] == '.')) ++split;
    const auto name = trim(text.substr(split));
    const Unit* unit = nullptr;
    for (const auto& candidate : units)
        if (candidate.name == name) unit = &candidate;
    const auto number = parse_decimal(text.substr(0, split));
    if (unit == nullptr) return not_a(kind, whole_text);
    if (!number) return split > kMaxDigits ? too_large(text) : not_a(kind, whole_text);
    Wide scale = 1;
    for (int i = 0; i < number->fraction_digits; ++i) scale *= 10;
    const Wide product = Wide(number->mantissa) * unit->size;
    if (product % scale != 0) {
        return tl::unexpected(
            Problem{fmt::format("\"{}\" is not a whole number of {}", text, units.back().name),
                    fmt::format("1 {} is the smallest step; round the value", units.back().name)});
    }
    if (product / scale > std::numeric_limits<std::uint64_t>::max()) return too_large(text);
    return static_cast<std::uint64_t>(product / scale);
}

Parsed<std::uint64_t> parse_fraction_ppm(std::string_view text, std::size_t slash) {
    const auto numerator = parse_integer(trim(text.substr(0, slash)));
    const auto denominator = parse_integer(trim(text.substr(slash + 1)));
    if (!numerator || !denominator || *denominator == 0) return not_a(kRatio, text);
    const Wide scaled = Wide(*numerator) * kPpmWhole;
    const Wide quotient = scaled / *denominator;
    if (quotient > std::numeric_limits<std::uint64_t>::max()) return too_large(text);
    const auto ppm = static_cast<std::uint64_t>(quotient);
    if (scaled % *denominator != 0) {
        return tl::unexpected(Problem{
            fmt::format("\"{}\" is not a whole number of parts per million", text),
            fmt::format("write \"{} ppm\" or a fraction that is a whole number of ppm", ppm)});
    }
    return ppm;
}

}  // namespace

Parsed<std::uint64_t> parse_integer(std::string_view text) {
    std::uint64_t value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range) return too_large(text);
    if (text.size() > 1 && text.front() == '-' && std::ranges::all_of(text.substr(1), is_digit)) {
        return tl::unexpected(Problem{fmt::format("{} is negative", text),
                                      "write a whole number that is not below 0, such as 100"});
    }
    if (error != std::errc{} || stop != text.data() + text.size()) {
        return tl::unexpected(Problem{fmt::format("\"{}\" is not a whole number", text),
                                      "write digits only, such as 100"});
    }
    return value;
}

Parsed<std::uint64_t> parse_duration_ns(std::string_view text) {
    return parse_with_unit(text, kDurationUnits, kDuration);
}

Parsed<std::uint64_t> parse_amount_nlux(std::string_view text) {
    return parse_with_unit(text, kAmountUnits, kAmount);
}

Parsed<std::uint64_t> parse_ratio_ppm(std::string_view text) {
    if (const auto slash = text.find('/'); slash != std::string_view::npos)
        return parse_fraction_ppm(text, slash);
    return parse_with_unit(text, kRatios, kRatio);
}

Parsed<std::uint64_t> parse_bandwidth_bps(std::string_view text) {
    if (trim(text) == "unlimited") return 0;
    return parse_with_unit(text, kBandwidths, kBandwidthKind);
}

std::string print_ratio_ppm(std::uint64_t value_ppm) {
    constexpr std::uint64_t kPpmPerPercent = kPpmWhole / 100;
    std::string out =
        fmt::format("{}.{:04}", value_ppm / kPpmPerPercent, value_ppm % kPpmPerPercent);
    while (out.back() == '0') out.pop_back();
    if (out.back() == '.') out.pop_back();
    return out + "%";
}

std::string print_bandwidth_bps(std::uint64_t value_bps) {
    return value_bps == 0 ? "unlimited" : print_in_units(value_bps, kBandwidths, " ");
}

}  // namespace aivm::scenarios
