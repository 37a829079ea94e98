#include "scenarios/profit/run_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace aivm::scenarios {
namespace {

constexpr std::size_t kColumns = 8;

std::vector<std::string_view> columns_of(std::string_view line) {
    std::vector<std::string_view> out;
    for (std::size_t tab = 0; (tab = line.find('\t')) != std::string_view::npos;) {
        out.push_back(line.substr(0, tab));
        line.remove_prefix(tab + 1);
    }
    out.push_back(line);
    return out;
}

template <class Number>
bool read_number(std::string_view text, Number& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size();
}

std::string without_breaks(std::string text) {
    std::ranges::replace_if(text, [](char c) { return c == '\t' || c == '\n'; }, ' ');
    return text;
}

}  // namespace

std::string log_line(const LoggedRun& run) {
    const RunPayoff& payoff = run.payoff;
    return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}", without_breaks(run.name), run.seed,
                       payoff.ended ? 1 : 0, payoff.payoff_nlux, payoff.spent_nlux,
                       without_breaks(payoff.violation), without_breaks(payoff.expected),
                       without_breaks(payoff.message));
}

Result<LoggedRun> logged_run(std::string_view line) {
    const std::vector<std::string_view> columns = columns_of(line);
    LoggedRun out;
    unsigned ended = 0;
    if (columns.size() != kColumns || !read_number(columns[1], out.seed) ||
        !read_number(columns[2], ended) || ended > 1 ||
        !read_number(columns[3], out.payoff.payoff_nlux) ||
        !read_number(columns[4], out.payoff.spent_nlux))
        return fail(ErrorCode::kMalformed,
                    "this is no run of a search; remove the line, or the folder");
    out.name = columns[0];
    out.payoff.ended = ended == 1;
    out.payoff.violation = columns[5];
    out.payoff.expected = columns[6];
    out.payoff.message = columns[7];
    return out;
}

}  // namespace aivm::scenarios
