// The section [price] of a scenario; sim/scenario/price.h says what it means.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace aivm::sim {

enum class PriceLaw : std::uint8_t { kConstant, kFile, kGeometric };
constexpr auto enum_words(PriceLaw) {
    return std::to_array<std::string_view>({"constant", "file", "geometric"});
}

struct PriceSettings {
    PriceLaw law = PriceLaw::kConstant;
    std::string path;  // law file: a table of prices (CSV)
    // Law geometric, a geometric Brownian motion: the standard deviation of the logarithm of the
    // price over a period, and the mean price at the end of a period relative to that at its start.
    std::uint64_t volatility_ppm = 0;
    std::uint64_t growth_ppm = 1'000'000;
    std::uint64_t period_ns = 86'400'000'000'000;
    std::uint64_t step_ns = 4'000'000'000;  // between two changes
};

}  // namespace aivm::sim
