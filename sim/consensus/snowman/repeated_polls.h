// Probabilities of polls. Only +, -, * and /, so that every build computes the same numbers.
#pragma once

#include <cstdint>

namespace aivm::sim {

// A number of polls that is as good as never.
inline constexpr double kPollsNever = 1e7;

double power(double base, std::uint32_t exponent);

// The chance that at least `wanted` of `asked` independent answers come, each with chance `each`.
double chance_of_at_least(std::uint32_t wanted, std::uint32_t asked, double each);

// The expected number of polls until `row` of them in a row have succeeded.
double polls_until(std::uint32_t row, double chance);

}  // namespace aivm::sim
