// When a point has been run often enough: --until-width and --until-decided.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scenarios/file/units.h"
#include "scenarios/statistics/intervals.h"

namespace aivm::scenarios {

// The share of posted wrong results that became final: the only ratio of metrics that can be asked
// for by its own name.
inline constexpr std::string_view kFraudMissedShare = "n_fraud_missed/n_fraud_posted";

struct StopRule {
    enum class Kind : std::uint8_t { kWidth, kDecided };
    Kind kind = Kind::kWidth;
    std::string metric;  // a metric, or kFraudMissedShare
    double bound = 0;    // the width to reach, or what the metric is compared with

    // "until-decided p_final_corrupt<0.001".
    [[nodiscard]] std::string text() const;
    // Whether this interval is enough.
    [[nodiscard]] bool satisfied(const Interval& interval) const;
    // Of kDecided: whether the metric is below the bound; nothing while the interval holds it.
    [[nodiscard]] std::optional<bool> below(const Interval& interval) const;
};

// "METRIC=WIDTH" and "METRIC<BOUND". Problems: no such form, no such metric, a number that is none
// or not above 0 (a width), wall_seconds (which differs from machine to machine).
Parsed<StopRule> parse_width_rule(std::string_view text);
Parsed<StopRule> parse_decision_rule(std::string_view text);

// What StopRule::text() wrote.
Parsed<StopRule> parse_rule(std::string_view text);

}  // namespace aivm::scenarios
