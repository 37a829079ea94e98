// How far from its expected value a case may be and still agree.
//
// A tenth of the expected value (--full: a fiftieth), as a rule. The margin is absolute where a
// share of the expected value would measure nothing but rounding:
//
//   its own     the case states one
//   cancelled   less than a quarter of the largest term of the expression is left: a tenth of that
//               term, or of one unit of the quantity if every term is 0
//   small       less than a thousandth of one unit: a tenth of a hundredth of it
//   exact       every run must equal the expected value to the digits that the file writes
#pragma once

#include "core/base/describe.h"
#include "scenarios/validation/case_file.h"
#include "scenarios/validation/statistics.h"

namespace aivm::scenarios {

constexpr double kQuickMargin = 0.10;
constexpr double kFullMargin = 0.02;

enum class MarginRule { kRelative, kOwn, kCancelled, kSmall, kExact };
constexpr auto enum_words(MarginRule) {
    return std::to_array<std::string_view>({"relative", "own", "cancelled", "small", "exact"});
}

struct Margin {
    double reach = 0;  // in the unit of the quantity
    MarginRule rule = MarginRule::kRelative;

    // Whether the whole interval lies within the margin around `expected`, or none of it does.
    [[nodiscard]] bool holds(const Interval& interval, double expected) const;
    [[nodiscard]] bool excludes(const Interval& interval, double expected) const;
};

// The margin of a case of a sound file. `share` is kQuickMargin or another; `unit` is the natural
// unit of the quantity, such as a mean service time, or 0 if it has none: 1 for a frequency.
Margin margin_of(const ValidationCase& c, Method method, double unit, double share);

}  // namespace aivm::scenarios
