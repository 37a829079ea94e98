// Virtual time: integer nanoseconds since the start of the run. There is no other clock in a
// simulation.
#pragma once

#include <cstdint>
#include <limits>

namespace aivm::sim {

using SimTime = std::int64_t;

inline constexpr SimTime kMicrosecond = 1'000;
inline constexpr SimTime kMillisecond = 1'000'000;
inline constexpr SimTime kSecond = 1'000'000'000;
inline constexpr SimTime kMinute = 60 * kSecond;
inline constexpr SimTime kEndOfTime = std::numeric_limits<SimTime>::max();

}  // namespace aivm::sim
