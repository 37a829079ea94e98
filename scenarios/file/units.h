// Values with units, as people write them in scenario files: "30m", "1000 LUX", "1/100", "100
// Mbit/s". Everything is exact integer arithmetic: a value that is not a whole number of the base
// unit, or does not fit, is refused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace aivm::scenarios {

// What is wrong, and how to correct it.
struct Problem {
    std::string message;
    std::string remedy;

    friend bool operator==(const Problem&, const Problem&) = default;
};

template <class T>
using Parsed = tl::expected<T, Problem>;

inline constexpr std::uint64_t kPpmWhole = 1'000'000;  // parts per million in one

// Digits only, as a number below 2^64.
Parsed<std::uint64_t> parse_integer(std::string_view text);
// A decimal number and one of ns us ms s m h d; nanoseconds.
Parsed<std::uint64_t> parse_duration_ns(std::string_view text);
// A decimal number and one of LUX mLUX uLUX nLUX; nLUX.
Parsed<std::uint64_t> parse_amount_nlux(std::string_view text);
// "1/100", "1%" or "10000 ppm"; parts per million.
Parsed<std::uint64_t> parse_ratio_ppm(std::string_view text);
// A decimal number and one of bit/s kbit/s Mbit/s Gbit/s, or "unlimited" for 0; bits per second.
Parsed<std::uint64_t> parse_bandwidth_bps(std::string_view text);

// The shortest exact form that the parser of the same name accepts. For durations and amounts see
// exact_duration and exact_amount (core/base/units.h).
std::string print_ratio_ppm(std::uint64_t value_ppm);
std::string print_bandwidth_bps(std::uint64_t value_bps);

}  // namespace aivm::scenarios
