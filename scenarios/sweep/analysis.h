// From the runs in a study file to what they say about its points: estimates of every metric, and
// differences between points, seed by seed. Everything is read from the file, one run at a time, so
// what is concluded is the same whoever made the runs, in whatever order, and memory does not grow
// with them.
#pragma once

#include <cstdint>
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

// All estimates of a point: of every metric (but wall_seconds) and mode its mean over the runs with
// method "t C", C being the confidence; with method "clopper-pearson C" the shares:
// attacker_profitable (of runs), p_final_corrupt (n counts the final results; where rows of tasks
// were recorded) and kFraudMissedShare (n counts the wrong results posted). The mean of a share is
// that of all its events together. Errors: kStorage.
Result<std::vector<sim::EstimateRow>> estimates_of(sim::Database& database, std::int64_t point_id,
                                                   double confidence);

// The mean difference of every metric between the runs of a point and those of the base that have
// the same seed and replicate, with method "paired t C". Empty for the base itself. Errors:
// kStorage.
Result<std::vector<sim::ContrastRow>> contrasts_of(sim::Database& database, std::int64_t point_id,
                                                   std::int64_t base_point_id, double confidence);

// What one metric (or kFraudMissedShare) is, by the runs of a point with a replicate below
// `replicates`: a share where it is one, else the mean.
struct MetricEstimate {
    std::uint64_t n = 0;
    double mean = 0;
    Interval interval;
};
Result<MetricEstimate> estimate_metric(sim::Database& database, std::int64_t point_id,
                                       const std::string& metric, std::uint64_t replicates,
                                       double confidence);

}  // namespace aivm::scenarios
