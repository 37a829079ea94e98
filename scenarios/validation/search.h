// Searches of threshold cases: the parameter at which something changes. What is evaluated is a
// simulation, so every value is paid for.
#pragma once

#include <cstdint>
#include <functional>

#include "core/base/error.h"

namespace aivm::scenarios {

// Where a search begins, and how far its bracket may be widened. Requires least <= low < high <=
// most and low > 0.
struct Bracket {
    double low = 0;
    double high = 0;
    double least = 0;
    double most = 0;
};

// The root of `value`, to the relative tolerance. While its sign is the same at both ends of the
// bracket, the bracket is widened by a factor of four on both sides. Then regula falsi, with each
// step confirmed from the other side. Errors: those of `value`; no change of sign in the widest
// bracket, which is named.
Result<double> sign_change(const Bracket& bracket, double tolerance,
                           const std::function<Result<double>(double)>& value);

// The smallest whole number for which `holds`, which must hold from there on; `guess` is where the
// doubling begins. Errors: those of `holds`; kNotFound if it does not hold for `most` either.
Result<std::uint64_t> smallest_that(std::uint64_t guess, std::uint64_t most,
                                    const std::function<Result<bool>(std::uint64_t)>& holds);

}  // namespace aivm::scenarios
