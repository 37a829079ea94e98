// Stopping early without fooling oneself. Whoever looks at a 95 % interval after every run and
// stops when it suits is wrong far more often than 1 time in 20. Here the looks are fixed
// beforehand, and each may be wrong with its own share of the whole error (group-sequential design
// with error spending, Lan and DeMets 1983; the share spent by a look is its share of the most
// runs, Kim and DeMets 1987 with rho = 1). The shares add up to the whole error, so the chance that
// any interval of any look misses the truth is at most that, however the looks depend on each other
// (Bonferroni), and the interval at which one stopped can be reported as it is.
#pragma once

#include <cstdint>
#include <vector>

namespace aivm::scenarios {

struct Look {
    std::uint64_t runs = 0;  // all runs up to here
    double confidence = 0;   // of the interval made then
};

inline constexpr std::uint64_t kFirstLookRuns = 8;

// After 8, 16, 32, ... runs and after the last; a single look with the whole confidence when there
// are at most 8. Requires runs_max > 0 and 0 < confidence < 1.
std::vector<Look> plan_looks(std::uint64_t runs_max, double confidence);

}  // namespace aivm::scenarios
