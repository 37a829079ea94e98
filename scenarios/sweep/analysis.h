// Statistics of the points of a study file: estimates of every metric, and paired differences
// between points. Everything is read from the file, one run at a time, so the result does not
// depend on the order in which the runs were made, and memory does not grow with their number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "scenarios/statistics/intervals.h"
#include "sim/record/rows.h"
#include "sim/record/sqlite.h"

namespace aivm::scenarios {

// "95%", "99.375%".
std::string confidence_text(double confidence);

// Of all points in the file, ascending. Errors: kStorage.
Result<std::vector<std::int64_t>> point_ids(sim::Database& database);

// All estimates of a point: for every metric (except wall_seconds) and mode the mean over the runs
// that have a value, with method "t C", where C is the confidence; with method "share C"
// (ClusteredShare) the shares: attacker_profitable (of runs), p_final_corrupt (n counts the final
// results) and kFraudMissedShare (n counts the wrong results posted). The mean of a share is taken
// over the events of all runs together. Without a value n is 0 and the mean is empty. Errors:
// kStorage.
Result<std::vector<sim::EstimateRow>> estimates_of(sim::Database& database, std::int64_t point_id,
                                                   double confidence);

// The mean difference of every metric between the runs of a point and those of the base that have
// the same seed and replicate and a value in both, with method "paired t C"; of the shares
// p_final_corrupt and kFraudMissedShare the difference of the two shares, with method "paired ratio
// C", where both have such events, two runs, and differences that vary. Empty for the base itself.
// Errors: kStorage.
Result<std::vector<sim::ContrastRow>> contrasts_of(sim::Database& database, std::int64_t point_id,
                                                   std::int64_t base_point_id, double confidence);

// The estimate of one metric (or kFraudMissedShare) from the runs of a point whose replicate is
// below `replicates`: a share if the metric is one, otherwise the mean.
struct MetricEstimate {
    std::uint64_t n = 0;
    std::optional<double> mean;  // empty without data
    Interval interval;
};
// As a row; the ends of an interval that is not known are empty.
sim::EstimateRow estimate_row(std::int64_t point_id, std::string name, std::string mode,
                              std::string method, const MetricEstimate& found);
Result<MetricEstimate> estimate_metric(sim::Database& database, std::int64_t point_id,
                                       const std::string& metric, std::uint64_t replicates,
                                       double confidence);

}  // namespace aivm::scenarios
