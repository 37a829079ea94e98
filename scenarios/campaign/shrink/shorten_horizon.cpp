#include <algorithm>

#include "scenarios/campaign/shrink/shrink_passes.h"

namespace aivm::scenarios {

void shorten_horizon(RunSearch& search) {
    // A violation of liveness is often the horizon itself.
    if (search.violation().liveness) return;
    constexpr std::uint64_t kSecond = 1'000'000'000;
    const auto at = static_cast<std::uint64_t>(search.violation().time);
    for (const std::uint64_t round : {60 * kSecond, 10 * kSecond}) {
        RunPlan candidate = search.best();
        const std::uint64_t rounded = (at / round + 1) * round;
        if (rounded >= candidate.scenario.run.max_time_ns) continue;
        candidate.scenario.run.max_time_ns = rounded;
        if (!search.attempt(std::move(candidate))) return;
    }
}

}  // namespace aivm::scenarios
