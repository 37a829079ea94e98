#include "scenarios/validation/theory.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"

namespace aivm::scenarios {
namespace {

// P(Bin(n, p) = k), as a product whose factors are taken in an order that keeps it within range.
double binom_pmf(std::int64_t k, std::int64_t n, double p) {
    double out = 1;
    std::int64_t failures = n - k;
    for (std::int64_t i = 1; i <= k; ++i) {
        out *= static_cast<double>(n - k + i) / static_cast<double>(i) * p;
        for (; failures > 0 && out > 1; --failures) out *= 1 - p;
    }
    for (; failures > 0; --failures) out *= 1 - p;
    return out;
}

}  // namespace

double binom_cdf(std::int64_t k, std::int64_t n, double p) {
    AIVM_CHECK(p >= 0 && p <= 1 && n >= 0);
    double sum = 0;
    for (std::int64_t i = 0; i <= std::min(k, n); ++i) sum += binom_pmf(i, n, p);
    return std::min(sum, 1.0);
}

double binom_sf(std::int64_t k, std::int64_t n, double p) {
    AIVM_CHECK(p >= 0 && p <= 1 && n >= 0);
    double sum = 0;
    for (std::int64_t i = std::max<std::int64_t>(k, 0); i <= n; ++i) sum += binom_pmf(i, n, p);
    return std::min(sum, 1.0);
}

double normal_cdf(double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }

double comb(std::int64_t n, std::int64_t k) {
    if (k < 0 || k > n) return 0;
    double out = 1;
    for (std::int64_t i = 1; i <= k; ++i)
        out *= static_cast<double>(n - k + i) / static_cast<double>(i);
    return out;
}

double hyper_sf(std::int64_t k, std::int64_t n, std::int64_t bad, std::int64_t m) {
    AIVM_CHECK(0 <= bad && bad <= n && 0 <= m && m <= n);
    double sum = 0;
    for (std::int64_t i = std::max<std::int64_t>(k, 0); i <= std::min(bad, m); ++i) {
        sum += comb(bad, i) * comb(n - bad, m - i) / comb(n, m);
    }
    return std::min(sum, 1.0);
}

double erlang_b(double load, std::int64_t k) {
    AIVM_CHECK(load >= 0 && k >= 0);
    double blocked = 1;
    for (std::int64_t i = 1; i <= k; ++i)
        blocked = load * blocked / (static_cast<double>(i) + load * blocked);
    return blocked;
}

double erlang_c(double load, std::int64_t k) {
    AIVM_CHECK(load < static_cast<double>(k));
    const double blocked = erlang_b(load, k);
    return blocked / (1 - load / static_cast<double>(k) * (1 - blocked));
}

}  // namespace aivm::scenarios
