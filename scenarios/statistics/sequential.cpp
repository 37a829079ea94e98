#include "scenarios/statistics/sequential.h"

#include <algorithm>

#include "core/base/check.h"

namespace aivm::scenarios {

std::vector<Look> plan_looks(std::uint64_t runs_max, double confidence) {
    AIVM_CHECK(runs_max > 0 && confidence > 0 && confidence < 1);
    std::vector<Look> looks;
    std::uint64_t before = 0;
    for (std::uint64_t runs = kFirstLookRuns; before < runs_max; runs *= 2) {
        const std::uint64_t here = std::min(runs, runs_max);
        const double share = static_cast<double>(here - before) / static_cast<double>(runs_max);
        looks.push_back({here, 1 - (1 - confidence) * share});
        before = here;
    }
    return looks;
}

}  // namespace aivm::scenarios
