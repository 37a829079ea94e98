#include "scenarios/statistics/unseen.h"

#include <algorithm>
#include <cmath>

namespace aivm::scenarios {

UnseenEstimate estimate_unseen(const std::map<std::string, std::uint64_t>& counts,
                               double confidence) {
    UnseenEstimate out;
    out.behaviours = counts.size();
    for (const auto& [behaviour, runs] : counts) {
        out.runs += runs;
        out.singletons += runs == 1 ? 1 : 0;
    }
    if (out.runs == 0) return out;
    const auto n = static_cast<double>(out.runs);
    out.next_is_new = static_cast<double>(out.singletons) / n;
    // never reaches results: a bound that is only printed
    const double log_term = std::log(3 / (1 - confidence));
    const double slack = (2 * std::sqrt(2.0) + std::sqrt(3.0)) * std::sqrt(log_term / n);
    out.next_is_new_max = std::min(1.0, out.next_is_new + slack);
    return out;
}

}  // namespace aivm::scenarios
