// Times until something happens, of which some are only known from below: a search that found
// nothing within its limit would have needed longer (right-censored). Nothing here reaches a
// simulation.
#pragma once

#include <optional>
#include <span>

namespace aivm::scenarios {

struct ObservedTime {
    double value = 0;
    bool is_censored = false;  // it had not happened yet at `value`
};

// The smallest time by which at least this share has happened, as estimated by Kaplan and Meier
// (1958): an observation that was censored counts among those at risk until then. Null if the share
// is not reached, and without observations. Requires 0 < share < 1.
std::optional<double> kaplan_meier_quantile(std::span<const ObservedTime> times, double share);

// An interval of the median of the distribution that independent observations come from.
struct MedianInterval {
    double low = 0;
    std::optional<double> high;  // null: no upper bound is known
    double confidence = 0;       // at least this, whatever the distribution
};
// From order statistics, exact for every sample size: the narrowest whose confidence is at least
// `confidence`, or the widest if a sample is too small for that, whose confidence is then lower
// (five observations: 15/16). Its low end takes censored times for observed ones, its high end for
// infinite ones, so censoring only widens it. Null for fewer than three observations, of which no
// such interval says much. Requires 0 < confidence < 1.
std::optional<MedianInterval> median_interval(std::span<const ObservedTime> times,
                                              double confidence);

}  // namespace aivm::scenarios
