// Lists of values as --over and --seeds take them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/file/units.h"

namespace aivm::scenarios {

inline constexpr std::size_t kMaxValues = 100'000;   // of one key
inline constexpr std::size_t kMaxSeeds = 1'000'000;  // of a sweep

// Items separated by commas, or by "|" where the values themselves hold commas ("NA,EU|AS"). An
// item is a value, or
//   1..8            whole numbers, both ends included
//   10%..90%:10%    from, to, step; with a unit, if any, at all three: "10s..60s:10s",
//                   "0.5..2.5:0.5"
//   1,2,5,...,1000  dots between a beginning and an end: equal steps after two values or more, or,
//                   after three or more, equal factors (1,2,4,...,64) or the 1-2-5 series,
//                   whichever meets the end
// Exact decimal arithmetic. The values are not looked at beyond that. Problems: an empty list or
// item, a range that is empty or misses its end, units that differ, more than kMaxValues.
Parsed<std::vector<std::string>> parse_value_list(std::string_view text);

// Seeds (as seed_from_text() takes them) and ranges of decimal ones, separated by commas: "1..64",
// "1,0x2f,100..200:10". Problems: as above, and a seed that is given twice.
Parsed<std::vector<std::uint64_t>> parse_seeds(std::string_view text);

// The shortest text that parse_seeds() reads back as these: "1..64,100".
std::string seeds_text(const std::vector<std::uint64_t>& seeds);

}  // namespace aivm::scenarios
