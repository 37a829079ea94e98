#include "core/service/time_text.h"

#include <fmt/format.h>

#include <chrono>

namespace aivm {
namespace {

using namespace std::chrono;

constexpr std::uint64_t kSecondsPerDay = 86'400;

// Takes `count` decimal digits off the front.
bool take_number(std::string_view& text, std::size_t count, unsigned& out) {
    if (text.size() < count) return false;
    out = 0;
    for (const char c : text.substr(0, count)) {
        if (c < '0' || c > '9') return false;
        out = out * 10 + static_cast<unsigned>(c - '0');
    }
    text.remove_prefix(count);
    return true;
}

bool take(std::string_view& text, char c) {
    if (text.empty() || text.front() != c) return false;
    text.remove_prefix(1);
    return true;
}

// A fraction of one to nine digits after the point, in nanoseconds.
bool take_fraction(std::string_view& text, std::uint64_t& ns) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    unsigned value = 0;
    if (digits == 0 || digits > 9 || !take_number(text, digits, value)) return false;
    ns = value;
    for (std::size_t i = digits; i < 9; ++i) ns *= 10;
    return true;
}

}  // namespace

std::string print_time(TimestampNs ns) {
    const std::uint64_t seconds_of_day = ns / kNsPerSecond % kSecondsPerDay;
    const year_month_day date{sys_days(days(static_cast<int>(ns / kNsPerSecond / kSecondsPerDay)))};
    std::string out =
        fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    seconds_of_day / 3600, seconds_of_day / 60 % 60, seconds_of_day % 60);
    if (const std::uint64_t fraction = ns % kNsPerSecond; fraction != 0) {
        out += fmt::format(".{:09}", fraction);
        out.erase(out.find_last_not_of('0') + 1);
    }
    return out + "Z";
}

std::optional<TimestampNs> parse_time(std::string_view text) {
    unsigned y = 0, m = 0, d = 0, hour = 0, minute = 0, second = 0;
    if (!take_number(text, 4, y) || !take(text, '-') || !take_number(text, 2, m) ||
        !take(text, '-') || !take_number(text, 2, d) || !take(text, 'T') ||
        !take_number(text, 2, hour) || !take(text, ':') || !take_number(text, 2, minute) ||
        !take(text, ':') || !take_number(text, 2, second)) {
        return std::nullopt;
    }
    std::uint64_t fraction_ns = 0;
    if (take(text, '.') && !take_fraction(text, fraction_ns)) return std::nullopt;
    const year_month_day date{year(static_cast<int>(y)), month(m), day(d)};
    if (!take(text, 'Z') || !text.empty() || !date.ok() || y < 1970 || hour > 23 || minute > 59 ||
        second > 59) {
        return std::nullopt;
    }
    const auto day_number = static_cast<std::uint64_t>(sys_days(date).time_since_epoch().count());
    const auto whole_ns =
        checked_mul(day_number * kSecondsPerDay + hour * 3600 + minute * 60 + second, kNsPerSecond);
    return whole_ns ? checked_add(*whole_ns, fraction_ns) : std::nullopt;
}

}  // namespace aivm
