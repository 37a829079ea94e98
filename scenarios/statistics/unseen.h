// What a sample has not shown yet: how probable it is that the next run behaves as none before it.
//
// Good and Turing: of n runs, the share of runs whose behaviour was seen only once estimates the
// probability that the next run shows a behaviour that was never seen (I. J. Good, "The population
// frequencies of species and the estimation of population parameters", Biometrika 40, 1953). The
// upper bound is that of McAllester and Schapire ("On the convergence rate of Good-Turing
// estimators", COLT 2000), which holds for every distribution of behaviours.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace aivm::scenarios {

struct UnseenEstimate {
    std::uint64_t runs = 0;
    std::uint64_t behaviours = 0;  // different ones
    std::uint64_t singletons = 0;  // behaviours seen in one run only
    double next_is_new = 1;        // probability that the next run shows a new behaviour
    double next_is_new_max = 1;    // its upper bound with the confidence asked for
};

// `counts` holds the number of runs per behaviour. Requires 0 < confidence < 1.
UnseenEstimate estimate_unseen(const std::map<std::string, std::uint64_t>& counts,
                               double confidence);

}  // namespace aivm::scenarios
