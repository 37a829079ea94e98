#include "scenarios/sweep/value_list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "sim/engine/seed.h"

namespace aivm::scenarios {
namespace {

constexpr int kMaxDigits = 15;  // of a number in a range, so that no sum of two overflows

tl::unexpected<Problem> problem(std::string message, std::string remedy) {
    return tl::unexpected(Problem{std::move(message), std::move(remedy)});
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> out;
    while (true) {
        const std::size_t end = std::min(text.find(separator), text.size());
        out.push_back(trimmed(text.substr(0, end)));
        if (end == text.size()) return out;
        text.remove_prefix(end + 1);
    }
}

// ---- numbers with a unit, exact -----------------------------------------------------------------

// digits * 10^-decimals, and the text after the number, blanks included.
struct Quantity {
    std::int64_t digits = 0;
    int decimals = 0;
    std::string unit;
};

std::optional<Quantity> parse_quantity(std::string_view text) {
    Quantity out;
    std::size_t at = 0;
    int count = 0;
    bool point = false;
    const bool negative = text.starts_with('-');
    for (at = negative ? 1 : 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '.' && !point && count > 0) {
            point = true;
        } else if (c >= '0' && c <= '9') {
            if (++count > kMaxDigits) return std::nullopt;
            out.digits = out.digits * 10 + (c - '0');
            if (point) ++out.decimals;
        } else {
            break;
        }
    }
    out.unit = text.substr(at);
    const bool fraction =
        out.unit.starts_with('/');  // "1/100" is a value, but cannot be the end of a range
    if (count == 0 || fraction) return std::nullopt;
    if (negative) out.digits = -out.digits;
    return out;
}

std::string print_quantity(Quantity q) {
    while (q.decimals > 0 && q.digits % 10 == 0) {
        q.digits /= 10;
        --q.decimals;
    }
    std::string digits = std::to_string(q.digits < 0 ? -q.digits : q.digits);
    if (q.decimals > 0) {
        const auto decimals = static_cast<std::size_t>(q.decimals);
        if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
        digits.insert(digits.size() - decimals, ".");
    }
    return (q.digits < 0 ? "-" : "") + digits + q.unit;
}

// Scales all numbers to the same number of decimals. False if the units differ or a number becomes
// too large.
bool align(std::vector<Quantity>& quantities) {
    int decimals = 0;
    for (const Quantity& q : quantities) decimals = std::max(decimals, q.decimals);
    for (Quantity& q : quantities) {
        if (q.unit != quantities.front().unit) return false;
        for (; q.decimals < decimals; ++q.decimals) {
            if (q.digits > 1'000'000'000'000'000 || q.digits < -1'000'000'000'000'000) return false;
            q.digits *= 10;
        }
    }
    return true;
}

// ---- ranges -------------------------------------------------------------------------------------

using Texts = std::vector<std::string>;

tl::unexpected<Problem> too_many() {
    return problem(fmt::format("more than {} values", kMaxValues), "take larger steps");
}

Parsed<void> append_steps(Quantity from, std::int64_t to, std::int64_t step, Texts& out) {
    if ((to - from.digits) / step >= static_cast<std::int64_t>(kMaxValues)) return too_many();
    for (; from.digits <= to; from.digits += step) out.push_back(print_quantity(from));
    return {};
}

// "a..b" or "a..b:step".
Parsed<void> append_range(std::string_view item, Texts& out) {
    const std::size_t dots = item.find("..");
    const std::size_t colon = std::min(item.find(':', dots), item.size());
    const bool has_step = colon < item.size();
    std::vector<Quantity> parts;
    for (const std::string_view text :
         {item.substr(0, dots), item.substr(dots + 2, colon - dots - 2),
          has_step ? item.substr(colon + 1) : item}) {
        if (text == item) break;
        auto quantity = parse_quantity(trimmed(text));
        if (!quantity) {
            return problem(
                fmt::format("\"{}\" in the range {} is not a number", trimmed(text), item),
                "write first..last or first..last:step, such as 10%..90%:10%");
        }
        parts.push_back(*std::move(quantity));
    }
    if (!has_step) {
        if (!parts[0].unit.empty() || parts[0].decimals + parts[1].decimals > 0) {
            return problem(
                fmt::format("the range {} has no step", item),
                fmt::format("write {}:STEP; only whole numbers without a unit go up by one", item));
        }
        parts.push_back({1, 0, ""});
    }
    if (!align(parts)) {
        return problem(fmt::format("the numbers of the range {} have different units", item),
                       "write the same unit at all of them, such as 10s..60s:10s");
    }
    if (parts[2].digits <= 0)
        return problem(fmt::format("the step of {} is not above 0", item),
                       "write first..last:step");
    if (parts[0].digits > parts[1].digits) {
        return problem(fmt::format("the range {} is empty: it ends before it begins", item),
                       "write the smaller number first");
    }
    return append_steps(parts[0], parts[1].digits, parts[2].digits, out);
}

// ---- dots ---------------------------------------------------------------------------------------

using Numbers = std::vector<std::int64_t>;

// The next number of a series after the known ones; empty if they do not belong to the series.
std::optional<std::int64_t> next_of_equal_steps(const Numbers& known) {
    const std::int64_t step = known[1] - known[0];
    for (std::size_t i = 1; i < known.size(); ++i) {
        if (known[i] - known[i - 1] != step) return std::nullopt;
    }
    return known.back() + step;
}
std::optional<std::int64_t> next_of_equal_factors(const Numbers& known) {
    if (known.size() < 3 || known[0] <= 0 || known[1] % known[0] != 0) return std::nullopt;
    const std::int64_t factor = known[1] / known[0];
    for (std::size_t i = 1; i < known.size(); ++i) {
        if (known[i] != known[i - 1] * factor) return std::nullopt;
    }
    return known.back() * factor;
}
std::optional<std::int64_t> after_125(std::int64_t number) {
    std::int64_t power = 1;
    while (number > 0 && number % 10 == 0) {
        number /= 10;
        power *= 10;
    }
    if (number == 1) return 2 * power;
    if (number == 2) return 5 * power;
    if (number == 5) return 10 * power;
    return std::nullopt;
}
std::optional<std::int64_t> next_of_125(const Numbers& known) {
    if (known.size() < 3) return std::nullopt;
    for (std::size_t i = 1; i < known.size(); ++i) {
        if (after_125(known[i - 1]) != known[i]) return std::nullopt;
    }
    return after_125(known.back());
}

// The numbers between `known` and `last`; empty if the series does not contain `last`.
std::optional<Numbers> continued(const Numbers& known, std::int64_t last,
                                 std::optional<std::int64_t> (*next_of)(const Numbers&)) {
    Numbers all = known;
    while (all.size() < kMaxValues) {
        const auto next = next_of(all.size() > 3 ? Numbers(all.end() - 3, all.end()) : all);
        if (!next || *next <= all.back() || *next > last) return std::nullopt;
        if (*next == last)
            return Numbers(all.begin() + static_cast<std::ptrdiff_t>(known.size()), all.end());
        all.push_back(*next);
    }
    return std::nullopt;
}

// Items [0, dots) begin a series that ends with `last`.
Parsed<void> append_series(const Texts& begin, std::string_view last, Texts& out) {
    const auto wrong = [&](std::string_view why) {
        return problem(fmt::format("the series {},...,{} {}", fmt::join(begin, ","), last, why),
                       "write two or three values, dots and the end, such as 1,2,5,...,1000 or "
                       "10%,20%,...,90%");
    };
    std::vector<Quantity> parts;
    for (const std::string& text : begin) {
        auto quantity = parse_quantity(text);
        if (!quantity) return wrong("is not of numbers");
        parts.push_back(*std::move(quantity));
    }
    if (parts.size() < 2) return wrong("has too short a beginning");
    auto end = parse_quantity(last);
    if (!end) return wrong("is not of numbers");
    parts.push_back(*std::move(end));
    if (!align(parts)) return wrong("has different units");
    Numbers known;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) known.push_back(parts[i].digits);
    for (const auto next_of : {next_of_equal_steps, next_of_equal_factors, next_of_125}) {
        const auto between = continued(known, parts.back().digits, next_of);
        if (!between) continue;
        for (const std::int64_t number : *between)
            out.push_back(print_quantity({number, parts[0].decimals, parts[0].unit}));
        return {};
    }
    return wrong("has neither equal steps nor equal factors nor 1-2-5 steps that meet its end");
}

bool is_dots(std::string_view item) { return item == "..." || item == "\u2026"; }

}  // namespace

Parsed<std::vector<std::string>> parse_value_list(std::string_view text) {
    const auto items = split(text, text.find('|') == std::string_view::npos ? ',' : '|');
    Texts out;
    Texts begin;  // the values since the last range or dots: the possible beginning of a series
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (items[i].empty())
            return problem("the list has an empty value", "write values separated by commas");
        Parsed<void> added;
        if (is_dots(items[i])) {
            if (i + 1 == items.size() || is_dots(items[i + 1])) {
                return problem("nothing follows the dots",
                               "write the last value behind them, such as 1,2,5,...,1000");
            }
            added = append_series(begin, items[i + 1], out);
            begin.clear();
        } else if (items[i].find("..") != std::string_view::npos) {
            added = append_range(items[i], out);
            begin.clear();
        } else {
            out.emplace_back(items[i]);
            begin.emplace_back(items[i]);
        }
        if (!added) return tl::unexpected(added.error());
        if (out.size() > kMaxValues) return too_many();
    }
    return out;
}

Parsed<std::vector<std::uint64_t>> parse_seeds(std::string_view text) {
    std::vector<std::uint64_t> seeds;
    for (const std::string_view item : split(text, ',')) {
        Texts texts;
        if (item.find("..") == std::string_view::npos) {
            texts.emplace_back(item);
        } else if (const auto added = append_range(item, texts); !added) {
            return tl::unexpected(added.error());
        }
        for (const std::string& one : texts) {
            const auto seed = sim::seed_from_text(one);
            if (!seed)
                return problem(seed.error().context, "write seeds and ranges, such as 1..64");
            seeds.push_back(*seed);
        }
        if (seeds.size() > kMaxSeeds)
            return problem(fmt::format("more than {} seeds", kMaxSeeds), "use fewer");
    }
    std::vector<std::uint64_t> sorted = seeds;
    std::ranges::sort(sorted);
    if (const auto twice = std::ranges::adjacent_find(sorted); twice != sorted.end()) {
        return problem(fmt::format("the seed {} is given twice", *twice),
                       "give each seed once: a run must not count double");
    }
    return seeds;
}

std::string seeds_text(const std::vector<std::uint64_t>& seeds) {
    std::string out;
    for (std::size_t i = 0; i < seeds.size();) {
        std::size_t end = i + 1;
        while (end < seeds.size() && seeds[end] == seeds[end - 1] + 1) ++end;
        if (!out.empty()) out += ',';
        out += std::to_string(seeds[i]);
        if (end - i > 1) out += fmt::format("..{}", seeds[end - 1]);
        i = end;
    }
    return out;
}

}  // namespace aivm::scenarios
