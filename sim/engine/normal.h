// Samples of the normal distribution from an integer table; no libm, the same on every machine.
#pragma once

#include <cstdint>

namespace aivm::sim {

inline constexpr unsigned kNormalFraction = 24;  // bits after the point

// A sample of mean 0 and variance 1 as a function of 64 uniform bits: one of 1,024 equally probable
// values, the means of as many slices of the distribution, scaled to its variance. Sums of a few
// samples are normal as far as any run can tell; a single one never exceeds 3.4.
std::int32_t normal_of(std::uint64_t bits);

}  // namespace aivm::sim
