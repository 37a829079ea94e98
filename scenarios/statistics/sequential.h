// Valid early stopping. Examining a 95 % interval after every run and stopping at will misses the
// truth far more often than 1 time in 20. Here the looks are fixed beforehand, and each spends its
// own share of the total error (group-sequential design with error spending, Lan and DeMets 1983;
// the share of a look is its share of the largest number of runs, Kim and DeMets 1987 with rho =
// 1). The shares add up to the total error, which therefore bounds the chance that any interval of
// any look misses the truth, however the looks depend on each other (Bonferroni); the interval at
// the stopping look can be reported unchanged.
#pragma once

#include <cstdint>
#include <vector>

namespace aivm::scenarios {

struct Look {
    std::uint64_t runs = 0;  // all runs up to this look
    double confidence = 0;   // of the interval at this look
};

inline constexpr std::uint64_t kFirstLookRuns = 8;

// After 8, 16, 32, ... runs and after the last; a single look with the whole confidence if there
// are at most 8. Requires runs_max > 0 and 0 < confidence < 1.
std::vector<Look> plan_looks(std::uint64_t runs_max, double confidence);

}  // namespace aivm::scenarios
