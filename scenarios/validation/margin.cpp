#include "scenarios/validation/margin.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"

namespace aivm::scenarios {
namespace {

constexpr double kExactDigits = 1e-4;  // relative: those that a case file writes
constexpr double kCancelled = 0.25;    // of the largest term
constexpr double kSmall = 1e-3;        // of a unit
constexpr double kSmallScale = 1e-2;   // of a unit

double largest_term(const ValidationCase& c) {
    if (c.expression.empty()) return 0;
    const auto theory = evaluate(c.expression, c.parameters);
    return theory ? theory->largest_term : 0;
}

}  // namespace

bool Margin::holds(const Interval& interval, double expected) const {
    return interval.low >= expected - reach && interval.high <= expected + reach;
}

bool Margin::excludes(const Interval& interval, double expected) const {
    return interval.high < expected - reach || interval.low > expected + reach;
}

Margin margin_of(const ValidationCase& c, Method method, double unit, double share) {
    AIVM_CHECK(share > 0 && unit >= 0);
    const double expected = std::abs(c.expected);
    if (method == Method::kExact) return {kExactDigits * expected, MarginRule::kExact};
    if (c.margin) return {*c.margin * share / kQuickMargin, MarginRule::kOwn};
    const double one = is_frequency(method) ? 1 : unit;
    if (expected < kSmall * one) return {share * kSmallScale * one, MarginRule::kSmall};
    const double largest = largest_term(c);
    if (expected == 0 || expected < kCancelled * largest)
        return {share * (largest > 0 ? largest : 1), MarginRule::kCancelled};
    return {share * expected, MarginRule::kRelative};
}

}  // namespace aivm::scenarios
