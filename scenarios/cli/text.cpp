#include "scenarios/cli/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/base/amount.h"

namespace aivm::scenarios::cli {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kNsPerSecond = 1'000 * kNsPerMs;
constexpr std::int64_t kSecondsPerMinute = 60;
constexpr std::int64_t kSecondsPerHour = 3600;

std::uint64_t magnitude(std::int64_t number) {
    return number < 0 ? ~static_cast<std::uint64_t>(number) + 1
                      : static_cast<std::uint64_t>(number);
}

// nLUX rounded to `decimals` places of a LUX.
std::string rounded_lux(std::int64_t nlux, int decimals) {
    constexpr std::array<std::uint64_t, 4> kUnits{kNluxPerLux, kNluxPerLux / 10, kNluxPerLux / 100,
                                                  kNluxPerLux / 1000};
    constexpr std::array<std::uint64_t, 4> kScales{1, 10, 100, 1000};
    const std::uint64_t unit = kUnits.at(static_cast<std::size_t>(decimals));
    const std::uint64_t scale = kScales.at(static_cast<std::size_t>(decimals));
    const std::uint64_t parts =
        magnitude(nlux) / unit + (magnitude(nlux) % unit >= (unit + 1) / 2 ? 1 : 0);
    const std::string sign = nlux < 0 && parts != 0 ? "-" : "";
    if (decimals == 0) return sign + grouped(parts);
    return fmt::format("{}{}.{:0{}}", sign, grouped(parts / scale), parts % scale, decimals);
}

}  // namespace

std::string grouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ' ');
    return digits;
}

std::string grouped(std::int64_t number) {
    return (number < 0 ? "-" : "") + grouped(magnitude(number));
}

std::string lux_text(std::int64_t nlux) {
    if (magnitude(nlux) >= 100 * kNluxPerLux) return rounded_lux(nlux, 0);
    std::string text = rounded_lux(nlux, 3);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text;
}

std::string lux_column(std::int64_t nlux) { return rounded_lux(nlux, 2); }

std::string span_text(std::int64_t ns) {
    if (ns < kNsPerSecond) return fmt::format("{}ms", (ns + kNsPerMs / 2) / kNsPerMs);
    if (ns < kSecondsPerMinute * kNsPerSecond) {
        const std::int64_t ms = (ns + kNsPerMs / 2) / kNsPerMs;
        std::string text = fmt::format("{}.{:03}", ms / 1000, ms % 1000);
        text.erase(text.find_last_not_of('0') + 1);
        if (text.back() == '.') text.pop_back();
        return text + "s";
    }
    const std::int64_t total = (ns + kNsPerSecond / 2) / kNsPerSecond;
    const std::int64_t hours = total / kSecondsPerHour;
    const std::int64_t minutes = total % kSecondsPerHour / kSecondsPerMinute;
    const std::int64_t seconds = total % kSecondsPerMinute;
    std::string text = hours != 0 ? fmt::format("{}h", hours) : "";
    if (minutes != 0 || (hours != 0 && seconds != 0))
        text += fmt::format("{:0{}}m", minutes, hours != 0 ? 2 : 1);
    if (seconds != 0) text += fmt::format("{:02}s", seconds);
    return text;
}

std::string moment_text(std::int64_t ns) {
    const std::int64_t tenths = ns / (kNsPerSecond / 10);
    const std::int64_t minutes = tenths / 600;
    const std::string seconds =
        fmt::format("{:0{}}.{}s", tenths % 600 / 10, minutes != 0 ? 2 : 1, tenths % 10);
    if (minutes == 0) return seconds;
    if (minutes < 60) return fmt::format("{}m {}", minutes, seconds);
    return fmt::format("{}h {:02}m {}", minutes / 60, minutes % 60, seconds);
}

std::string counted(std::uint64_t count, std::string_view noun) {
    return fmt::format("{} {}{}", grouped(count), noun, count == 1 ? "" : "s");
}

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Whether the blank at `at` groups the digits of a number, as in "48 211".
bool groups_digits(std::string_view text, std::size_t at) {
    const std::string_view rest = text.substr(at + 1);
    return at > 0 && is_digit(text[at - 1]) && rest.size() >= 3 &&
           std::ranges::all_of(rest.substr(0, 3), is_digit) &&
           (rest.size() == 3 || !is_digit(rest[3]));
}

// The end of the first word, or of the number, that the text begins with.
std::size_t end_of_word(std::string_view text) {
    std::size_t end = text.find(' ');
    while (end < text.size() && groups_digits(text, end)) end = text.find(' ', end + 1);
    return std::min(end, text.size());
}

}  // namespace

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
    std::string out;
    std::size_t column = 0;
    while (!text.empty()) {
        const std::size_t end = end_of_word(text);
        if (column != 0 && column + 1 + end > width) {
            out += '\n' + std::string(indent, ' ');
            column = indent;
        } else if (column != 0) {
            out += ' ';
            ++column;
        }
        out += text.substr(0, end);
        column += end;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

}  // namespace aivm::scenarios::cli
