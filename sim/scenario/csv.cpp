#include "sim/scenario/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace aivm::sim {
namespace {

std::string_view trim(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\"";
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::vector<std::string_view> cells_of(std::string_view line) {
    std::vector<std::string_view> out;
    for (;;) {
        const std::size_t comma = std::min(line.find(','), line.size());
        out.push_back(trim(line.substr(0, comma)));
        if (comma == line.size()) return out;
        line.remove_prefix(comma + 1);
    }
}

std::optional<std::uint64_t> parse_whole(std::string_view text) {
    std::uint64_t out = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, out);
    if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
    return out;
}

constexpr std::uint64_t power_of_ten(unsigned digits) {
    std::uint64_t out = 1;
    for (; digits > 0; --digits) out *= 10;
    return out;
}

}  // namespace

std::optional<std::size_t> CsvTable::column(std::string_view name) const {
    const auto found = std::ranges::find(header, name);
    if (found == header.end()) return std::nullopt;
    return static_cast<std::size_t>(found - header.begin());
}

Result<CsvTable> read_csv(std::string_view text) {
    CsvTable out;
    for (std::size_t line = 1; !text.empty(); ++line) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view content = trim(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (content.empty() || content.front() == '#') continue;
        std::vector<std::string_view> cells = cells_of(content);
        if (out.header.empty()) {
            out.header = std::move(cells);
        } else if (cells.size() == out.header.size()) {
            out.rows.push_back({line, std::move(cells)});
        } else {
            return fail(ErrorCode::kConfig, fmt::format("line {} has {} cells; the header has {}",
                                                        line, cells.size(), out.header.size()));
        }
    }
    if (out.header.empty()) return fail(ErrorCode::kConfig, "there is no header");
    if (out.rows.empty()) return fail(ErrorCode::kConfig, "there are no rows after the header");
    return out;
}

std::optional<std::uint64_t> parse_decimal(std::string_view text, unsigned digits) {
    const std::size_t point = std::min(text.find('.'), text.size());
    const auto whole = parse_whole(text.substr(0, point));
    std::string fraction(text.substr(std::min(point + 1, text.size())));
    if (point < text.size() && !parse_whole(fraction.substr(0, 18))) return std::nullopt;
    if (std::ranges::any_of(fraction, [](char c) { return c < '0' || c > '9'; }))
        return std::nullopt;
    fraction.resize(digits, '0');
    const std::uint64_t scale = power_of_ten(digits);
    if (!whole || *whole > (~std::uint64_t{0} - scale) / scale) return std::nullopt;
    return *whole * scale + parse_whole(fraction).value_or(0);
}

std::string decimal_text(std::uint64_t scaled, unsigned digits) {
    const std::uint64_t scale = power_of_ten(digits);
    std::string out = fmt::format("{}.{:0{}}", scaled / scale, scaled % scale, digits);
    out.erase(out.find_last_not_of('0') + 1);
    if (out.back() == '.') out.pop_back();
    return out;
}

}  // namespace aivm::sim
