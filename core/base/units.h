// Durations and amounts as people write them: the units of scenario files, from large to small, and
// the shortest exact form of a value.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/base/amount.h"

namespace aivm {

struct Unit {
    std::string_view name;
    std::uint64_t size;  // in base units
};

inline constexpr std::array kDurationUnits{Unit{"d", 86'400'000'000'000},
                                           Unit{"h", 3'600'000'000'000},
                                           Unit{"m", 60'000'000'000},
                                           Unit{"s", 1'000'000'000},
                                           Unit{"ms", 1'000'000},
                                           Unit{"us", 1'000},
                                           Unit{"ns", 1}};
inline constexpr std::array kAmountUnits{Unit{"LUX", 1'000'000'000}, Unit{"mLUX", 1'000'000},
                                         Unit{"uLUX", 1'000}, Unit{"nLUX", 1}};

// The value in the largest unit of which it is a whole number: "1500 mLUX". Units go from large to
// small and end with the base unit.
std::string print_in_units(std::uint64_t value, std::span<const Unit> units,
                           std::string_view separator);

std::string exact_duration(std::uint64_t nanoseconds);  // "90s", "0s"
std::string exact_amount(Amount amount);                // "1500 mLUX", "0 LUX"

}  // namespace aivm
