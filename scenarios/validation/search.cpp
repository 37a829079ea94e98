#include "scenarios/validation/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/check.h"

namespace aivm::scenarios {
namespace {

constexpr int kWideningsMax = 20;
constexpr int kStepsMax = 60;
constexpr double kWidening = 4;

struct Point {
    double x = 0;
    double value = 0;
};

bool differ(const Point& a, const Point& b) { return (a.value < 0) != (b.value < 0); }

}  // namespace

Result<double> sign_change(const Bracket& bracket, double tolerance,
                           const std::function<Result<double>(double)>& value) {
    AIVM_CHECK(bracket.least <= bracket.low && 0 < bracket.low && bracket.low < bracket.high &&
               bracket.high <= bracket.most && tolerance > 0);
    const auto at = [&](double x) -> Result<Point> {
        AIVM_ASSIGN(const double y, value(x));
        return Point{x, y};
    };
    AIVM_ASSIGN(Point low, at(bracket.low));
    AIVM_ASSIGN(Point high, at(bracket.high));
    for (int widened = 0; !differ(low, high); ++widened) {
        const double lower = std::max(bracket.least, low.x / kWidening);
        const double higher = std::min(bracket.most, high.x * kWidening);
        if (widened == kWideningsMax || (lower == low.x && higher == high.x)) {
            return fail(ErrorCode::kNotFound,
                        fmt::format("no change of sign between {:.6g} and {:.6g}", low.x, high.x));
        }
        // The end that moved away is the new other end: the change lies beside it, if there is one.
        AIVM_ASSIGN(const Point below, at(lower));
        if (differ(below, low)) {
            high = low;
            low = below;
            break;
        }
        low = below;
        AIVM_ASSIGN(const Point above, at(higher));
        if (differ(high, above)) low = high;
        high = above;
    }
    for (int step = 0; step < kStepsMax; ++step) {
        const double width = tolerance * std::abs(low.x + high.x) / 2;
        if (high.x - low.x <= width) break;
        // The zero of the chord, moved slightly towards the side that the previous step did not
        // confirm.
        double x = low.x - low.value * (high.x - low.x) / (high.value - low.value);
        x += (step % 2 == 0 ? -1 : 1) * width / 3;
        x = std::clamp(x, low.x + width / 3, high.x - width / 3);
        AIVM_ASSIGN(const Point middle, at(x));
        (differ(middle, low) ? high : low) = middle;
    }
    return (low.x + high.x) / 2;
}

Result<std::uint64_t> smallest_that(std::uint64_t guess, std::uint64_t most,
                                    const std::function<Result<bool>(std::uint64_t)>& holds) {
    AIVM_CHECK(guess <= most);
    std::uint64_t low = 0;  // it holds from `low` on at the earliest
    std::uint64_t high = guess;
    while (true) {
        AIVM_ASSIGN(const bool found, holds(high));
        if (found) break;
        if (high == most)
            return fail(ErrorCode::kNotFound, fmt::format("it holds for none from 0 to {}", most));
        low = high + 1;
        high = high > most / 2 ? most : std::max<std::uint64_t>(1, 2 * high);
    }
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        AIVM_ASSIGN(const bool found, holds(middle));
        found ? high = middle : low = middle + 1;
    }
    return low;
}

}  // namespace aivm::scenarios
