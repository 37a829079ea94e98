#include "scenarios/sweep/stop_rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "scenarios/file/names.h"
#include "sim/record/metrics.h"

namespace aivm::scenarios {
namespace {

Parsed<void> check_metric(const std::string& name) {
    if (name == kFraudMissedShare) return {};
    if (name == "wall_seconds") {
        return tl::unexpected(Problem{"wall_seconds differs from machine to machine",
                                      "name a metric of what is simulated"});
    }
    if (sim::find_metric(name) != nullptr) return {};
    std::vector<std::string> names{std::string(kFraudMissedShare)};
    for (const sim::MetricSpec& spec : sim::metric_specs()) names.emplace_back(spec.name);
    const std::string near = nearest_name(name, names);
    return tl::unexpected(Problem{fmt::format("there is no metric \"{}\"", name),
                                  near.empty() ? "aivmsim list metrics names them"
                                               : fmt::format("did you mean \"{}\"?", near)});
}

Parsed<StopRule> parse_kind(std::string_view text, StopRule::Kind kind) {
    const bool width = kind == StopRule::Kind::kWidth;
    const std::size_t sign = text.find(width ? '=' : '<');
    StopRule rule;
    rule.kind = kind;
    rule.metric = text.substr(0, sign);
    const std::string_view number = sign == std::string_view::npos ? "" : text.substr(sign + 1);
    const auto [stop, error] =
        std::from_chars(number.data(), number.data() + number.size(), rule.bound);
    const bool is_number =
        error == std::errc() && stop == number.data() + number.size() && !number.empty();
    if (!is_number || !(rule.bound < 1e300) || !(rule.bound > -1e300) ||
        (width && rule.bound <= 0)) {
        return tl::unexpected(Problem{fmt::format("\"{}\" is no rule", text),
                                      width ? "write METRIC=WIDTH, such as p_final_corrupt=0.01"
                                            : "write METRIC<BOUND, such as p_final_corrupt<0.001"});
    }
    if (auto known = check_metric(rule.metric); !known) return tl::unexpected(known.error());
    return rule;
}

}  // namespace

std::string StopRule::text() const {
    return kind == Kind::kWidth ? fmt::format("until-width {}={}", metric, bound)
                                : fmt::format("until-decided {}<{}", metric, bound);
}

bool StopRule::satisfied(const Interval& interval) const {
    return kind == Kind::kWidth ? interval.width() <= bound : below(interval).has_value();
}

std::optional<bool> StopRule::below(const Interval& interval) const {
    if (interval.high < bound) return true;
    if (interval.low >= bound) return false;
    return std::nullopt;
}

Parsed<StopRule> parse_width_rule(std::string_view text) {
    return parse_kind(text, StopRule::Kind::kWidth);
}

Parsed<StopRule> parse_decision_rule(std::string_view text) {
    return parse_kind(text, StopRule::Kind::kDecided);
}

Parsed<StopRule> parse_rule(std::string_view text) {
    const std::size_t blank = std::min(text.find(' '), text.size());
    const std::string_view rest = text.substr(std::min(blank + 1, text.size()));
    return text.substr(0, blank) == "until-width" ? parse_width_rule(rest)
                                                  : parse_decision_rule(rest);
}

}  // namespace aivm::scenarios
