// The price of LUX in a reference currency. Amounts of a scenario that arise outside the chain
// (tasks.value_at_risk, tasks.step_cost, tasks.check_cost) are in that currency, in units of what 1
// LUX is worth when the run begins; bonds, fees and balances are in LUX. So a bond is worth less
// where the price falls.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/amount.h"
#include "core/base/error.h"
#include "sim/engine/random_stream.h"
#include "sim/engine/time.h"
#include "sim/scenario/price_settings.h"

namespace aivm::sim {

// Prices relative to the first one.
struct PricePoint {
    std::uint64_t at_ns = 0;
    std::uint64_t price = 0;  // kPriceFraction bits after the point

    friend bool operator==(const PricePoint&, const PricePoint&) = default;
};
inline constexpr unsigned kPriceFraction = 32;
inline constexpr std::uint64_t kPriceOne = std::uint64_t{1} << kPriceFraction;

// Reads a table (CSV) with the columns time_s (seconds, growing) and price (above 0, in any unit).
// The error names the line.
Result<std::vector<PricePoint>> parse_prices(std::string_view text);

// The same prices relative to the first one; parsing it returns them.
std::string prices_text(const std::vector<PricePoint>& prices);

class PricePath {
public:
    // Constant. For other laws the settings must have passed check_scenario.
    PricePath() : PricePath(PriceSettings{}, RandomStream({0, 0, 0})) {}
    PricePath(const PriceSettings& settings, RandomStream random);

    // At this time, relative to the start, with kPriceFraction bits after the point.
    [[nodiscard]] std::uint64_t at(SimTime now);
    // The lowest until this time.
    [[nodiscard]] std::uint64_t lowest(SimTime until);
    // What an amount of the reference currency is worth in LUX at this time, rounded down.
    [[nodiscard]] Amount in_lux(Amount reference, SimTime now);
    [[nodiscard]] bool is_constant() const { return settings_.law == PriceLaw::kConstant; }

private:
    void extend(std::size_t steps);

    PriceSettings settings_;
    RandomStream random_;
    std::vector<PricePoint> points_;  // law file
    // Law geometric: the price after each step, made when it is asked for; and the last one's
    // binary logarithm with kLogFraction bits after the point.
    std::vector<std::uint64_t> steps_;
    std::int64_t log_ = 0;
    std::int64_t drift_ = 0;  // of log_ in a step
    std::int64_t noise_ = 0;  // of log_ for a normal sample of 1
};

}  // namespace aivm::sim
