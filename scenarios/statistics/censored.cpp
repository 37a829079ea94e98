#include "scenarios/statistics/censored.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "core/base/check.h"

namespace aivm::scenarios {
namespace {

constexpr std::size_t kObservationsMin = 3;
// Of the product of shares, which are fractions with small denominators.
constexpr double kRounding = 1e-12;

// At equal times what happened comes first: it happened while the censored were still at risk.
std::vector<ObservedTime> sorted(std::span<const ObservedTime> times) {
    std::vector<ObservedTime> out(times.begin(), times.end());
    std::ranges::sort(out, [](const ObservedTime& a, const ObservedTime& b) {
        return a.value != b.value ? a.value < b.value : a.is_censored < b.is_censored;
    });
    return out;
}

// The chance that fewer than `rank` of n independent observations lie below the median.
double chance_below(std::size_t n, std::size_t rank) {
    double term = std::ldexp(1.0, -static_cast<int>(n));  // of no observation below it
    double sum = 0;
    for (std::size_t i = 0; i < rank; ++i) {
        sum += term;
        term *= static_cast<double>(n - i) / static_cast<double>(i + 1);
    }
    return sum;
}

}  // namespace

std::optional<double> kaplan_meier_quantile(std::span<const ObservedTime> times, double share) {
    AIVM_CHECK(share > 0 && share < 1);
    const std::vector<ObservedTime> in_order = sorted(times);
    double survival = 1;
    for (std::size_t i = 0; i < in_order.size(); ++i) {
        if (in_order[i].is_censored) continue;
        const auto at_risk = static_cast<double>(in_order.size() - i);
        survival *= (at_risk - 1) / at_risk;
        if (1 - survival >= share - kRounding) return in_order[i].value;
    }
    return std::nullopt;
}

std::optional<MedianInterval> median_interval(std::span<const ObservedTime> times,
                                              double confidence) {
    AIVM_CHECK(confidence > 0 && confidence < 1);
    const std::size_t n = times.size();
    if (n < kObservationsMin) return std::nullopt;
    std::size_t rank = 1;  // of the two ends, from below and from above
    while (2 * (rank + 1) <= n && 1 - 2 * chance_below(n, rank + 1) >= confidence) ++rank;
    std::vector<double> low;
    std::vector<double> high;
    for (const ObservedTime& time : times) {
        low.push_back(time.value);
        high.push_back(time.is_censored ? std::numeric_limits<double>::infinity() : time.value);
    }
    std::ranges::sort(low);
    std::ranges::sort(high);
    MedianInterval out{low[rank - 1], high[n - rank], 1 - 2 * chance_below(n, rank)};
    if (std::isinf(*out.high)) out.high.reset();
    return out;
}

}  // namespace aivm::scenarios
