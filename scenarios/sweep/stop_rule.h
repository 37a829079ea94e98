// Rules that end a point early: --until-width and --until-decided.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scenarios/file/units.h"
#include "scenarios/statistics/intervals.h"

namespace aivm::scenarios {

// The share of posted wrong results that became final: the only ratio of metrics that has a name of
// its own.
inline constexpr std::string_view kFraudMissedShare = "n_fraud_missed/n_fraud_posted";

struct StopRule {
    enum class Kind : std::uint8_t { kWidth, kDecided };
    Kind kind = Kind::kWidth;
    std::string metric;  // a metric, or kFraudMissedShare
    double bound = 0;    // the width to reach, or the bound that the metric is compared with

    // "until-decided p_final_corrupt<0.001".
    [[nodiscard]] std::string text() const;
    // Whether this interval satisfies the rule.
    [[nodiscard]] bool satisfied(const Interval& interval) const;
    // For kDecided: whether the metric is below the bound; empty while the interval contains the
    // bound.
    [[nodiscard]] std::optional<bool> below(const Interval& interval) const;
};

// "METRIC=WIDTH" and "METRIC<BOUND". Problems: another form, an unknown metric, a malformed number,
// a width that is not above 0, wall_seconds (which differs between machines).
Parsed<StopRule> parse_width_rule(std::string_view text);
Parsed<StopRule> parse_decision_rule(std::string_view text);

// Parses what StopRule::text() wrote.
Parsed<StopRule> parse_rule(std::string_view text);

}  // namespace aivm::scenarios
