// Parses the lists of values of --over and --seeds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/file/units.h"

namespace aivm::scenarios {

inline constexpr std::size_t kMaxValues = 100'000;   // per key
inline constexpr std::size_t kMaxSeeds = 1'000'000;  // per sweep

// Items separated by commas, or by "|" where the values themselves hold commas ("NA,EU|AS"). An
// item is a value, or
//   1..8            whole numbers, both ends included
//   10%..90%:10%    from, to, step; with a unit, if any, at all three: "10s..60s:10s",
//                   "0.5..2.5:0.5"
//   1,2,5,...,1000  dots between a beginning and an end: equal steps after at least two values, or,
//                   after at least three, equal factors (1,2,4,...,64) or the 1-2-5 series,
//                   whichever reaches the end
// Exact decimal arithmetic. The values are not interpreted beyond that. Problems: an empty list or
// item, a range that is empty or misses its end, units that differ, more than kMaxValues.
Parsed<std::vector<std::string>> parse_value_list(std::string_view text);

// Seeds (as seed_from_text() takes them) and ranges of decimal ones, separated by commas: "1..64",
// "1,0x2f,100..200:10". Problems: as above, and a seed that occurs twice.
Parsed<std::vector<std::uint64_t>> parse_seeds(std::string_view text);

// The shortest text that parse_seeds() parses to these seeds: "1..64,100".
std::string seeds_text(const std::vector<std::uint64_t>& seeds);

}  // namespace aivm::scenarios
