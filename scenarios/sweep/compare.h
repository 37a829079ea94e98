// The difference between two databases of runs, metric by metric. Runs of one seed share their
// random numbers and are compared pair by pair; without common seeds the two samples are compared
// as independent ones.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "scenarios/statistics/intervals.h"
#include "sim/record/study.h"

namespace aivm::scenarios {

// A value of one run; none: the run has no data for it.
struct SeededValue {
    std::string seed;
    std::optional<double> value;
};

struct Difference {
    std::optional<double> a;  // means; none without data
    std::optional<double> b;
    std::optional<double> difference;  // b minus a, of the pairs where there are some
    std::optional<Interval> interval;  // none for fewer than two values
    std::uint64_t n = 0;               // pairs, or values of the smaller sample
    bool paired = false;
};

// Pairs by Student's t, independent samples by Welch's (1947).
Difference difference_of(const std::vector<SeededValue>& a, const std::vector<SeededValue>& b,
                         double confidence);

struct ComparedMetric {
    std::string point;  // the values of the parameters by which points were matched; may be empty
    std::string metric;
    std::string unit;
    Difference difference;
};

struct CompareOptions {
    std::vector<std::string> metrics;  // empty: all that both have and that differ
    double confidence = 0.95;          // of each interval; it is not divided among them
};

// Points are matched by the parameters that both set and one of them varies; two databases of one
// point each as they are. Failed and interrupted runs are left out. Errors: kNotFound: no point is
// in both, an unknown metric, no run that ended.
Result<std::vector<ComparedMetric>> compare_studies(sim::Study& a, sim::Study& b,
                                                    const CompareOptions& options);

}  // namespace aivm::scenarios
