#include "sim/scenario/price.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/check.h"
#include "core/config/limits.h"
#include "sim/engine/fixed_log.h"
#include "sim/engine/normal.h"
#include "sim/scenario/csv.h"

namespace aivm::sim {
namespace {

__extension__ using Wide = unsigned __int128;
__extension__ using SignedWide = __int128;

constexpr unsigned kLogFraction = 48;
constexpr std::uint64_t kInverseLn2 = 6'196'328'019;  // 1 / ln 2 with 32 bits after the point
constexpr std::int64_t kLogMost = std::int64_t{24} << kLogFraction;  // a price within 2^24 of one
constexpr unsigned kDigits = 9;

// The root of value, rounded down.
std::uint64_t root_of(Wide value) {
    std::uint64_t root = 0;
    for (std::uint64_t bit = std::uint64_t{1} << 63; bit != 0; bit >>= 1) {
        const std::uint64_t candidate = root | bit;
        if (Wide{candidate} * candidate <= value) root = candidate;
    }
    return root;
}

// 2^log with kPriceFraction bits after the point, at least the smallest above 0.
std::uint64_t power_of(std::int64_t log) {
    const std::int64_t whole = log >> kLogFraction;  // rounded towards minus infinity
    const auto rest = static_cast<std::uint64_t>(log - (whole << kLogFraction));
    const std::uint64_t power = fixed::exp2(rest >> (kLogFraction - fixed::kFraction));
    static_assert(fixed::kFraction == kPriceFraction);
    const std::uint64_t out = whole >= 0 ? power << whole : power >> -whole;
    return std::max<std::uint64_t>(out, 1);
}

}  // namespace

Result<std::vector<PricePoint>> parse_prices(std::string_view text) {
    AIVM_ASSIGN(const CsvTable table, read_csv(text));
    const auto time = table.column("time_s");
    const auto price = table.column("price");
    if (!time || !price)
        return fail(ErrorCode::kConfig, "the header does not have the columns time_s and price");
    std::vector<PricePoint> out;
    std::uint64_t first = 0;
    for (const CsvTable::Row& row : table.rows) {
        const auto at = parse_decimal(row.cells[*time], kDigits);
        const auto value = parse_decimal(row.cells[*price], kDigits);
        if (!at) {
            return fail(ErrorCode::kConfig,
                        fmt::format("line {}: \"{}\" is not a number of seconds", row.line,
                                    row.cells[*time]));
        }
        if (!value || *value == 0) {
            return fail(ErrorCode::kConfig, fmt::format("line {}: \"{}\" is not a price above 0",
                                                        row.line, row.cells[*price]));
        }
        if (!out.empty() && *at <= out.back().at_ns) {
            return fail(
                ErrorCode::kConfig,
                fmt::format("line {}: the time is not after that of the line above", row.line));
        }
        if (out.empty()) first = *value;
        const Wide relative = (Wide{*value} << kPriceFraction) / first;
        if (relative == 0 || relative > Wide{kPriceOne} << 24) {
            return fail(
                ErrorCode::kConfig,
                fmt::format("line {}: the price is out of proportion to the first one", row.line));
        }
        out.push_back({*at, static_cast<std::uint64_t>(relative)});
    }
    return out;
}

std::string prices_text(const std::vector<PricePoint>& prices) {
    std::string out = "time_s,price\n";
    for (const PricePoint& point : prices)
        out += fmt::format("{},{}\n", decimal_text(point.at_ns, kDigits),
                           decimal_text(point.price, kDigits));
    return out;
}

PricePath::PricePath(const PriceSettings& settings, RandomStream random)
    : settings_(settings), random_(random) {
    if (settings_.law == PriceLaw::kFile) {
        auto points = parse_prices(settings_.path);
        AIVM_CHECK(points.has_value());
        points_ = *std::move(points);
    }
    if (settings_.law != PriceLaw::kGeometric) return;
    AIVM_CHECK(settings_.step_ns > 0 && settings_.period_ns > 0 && settings_.growth_ppm > 0);
    // Per period, with 32 bits after the point: log2 of the growth, and sigma / ln 2. The drift of
    // the logarithm is smaller than that of the mean by half the variance.
    const auto growth = static_cast<std::int64_t>(fixed::minus_log2(1'000'000)) -
                        static_cast<std::int64_t>(fixed::minus_log2(settings_.growth_ppm));
    const auto sigma =
        static_cast<std::uint64_t>((Wide{settings_.volatility_ppm} << 32) / 1'000'000);
    const auto variance = static_cast<std::uint64_t>(Wide{sigma} * sigma >> 32);
    const auto half = static_cast<std::int64_t>(Wide{variance} * kInverseLn2 >> 33);
    constexpr unsigned kMore = kLogFraction - 32;
    drift_ = static_cast<std::int64_t>((SignedWide{growth - half} << kMore) *
                                       static_cast<SignedWide>(settings_.step_ns) /
                                       static_cast<SignedWide>(settings_.period_ns));
    // The root of the part of a period that a step is, with 31 bits after the point.
    const std::uint64_t root = root_of((Wide{settings_.step_ns} << 62) / settings_.period_ns);
    const Wide scale = Wide{sigma} * kInverseLn2 >> 32;
    noise_ = static_cast<std::int64_t>((scale << kMore) * root >> 31);
    steps_.push_back(kPriceOne);
}

void PricePath::extend(std::size_t steps) {
    while (steps_.size() <= steps) {
        const SignedWide z = normal_of(random_.next_u64());
        log_ += drift_ + static_cast<std::int64_t>(z * noise_ / (SignedWide{1} << kNormalFraction));
        log_ = std::clamp(log_, -kLogMost, kLogMost);
        steps_.push_back(power_of(log_));
    }
}

std::uint64_t PricePath::at(SimTime now) {
    const auto time = static_cast<std::uint64_t>(std::max<SimTime>(now, 0));
    if (settings_.law == PriceLaw::kFile) {
        const auto after = std::ranges::upper_bound(points_, time, {}, &PricePoint::at_ns);
        return after == points_.begin() ? kPriceOne : std::prev(after)->price;
    }
    if (settings_.law == PriceLaw::kConstant) return kPriceOne;
    const std::size_t step = time / settings_.step_ns;
    extend(step);
    return steps_[step];
}

std::uint64_t PricePath::lowest(SimTime until) {
    std::uint64_t out = std::min(kPriceOne, at(until));
    const auto time = static_cast<std::uint64_t>(std::max<SimTime>(until, 0));
    for (const PricePoint& point : points_) {
        if (point.at_ns <= time) out = std::min(out, point.price);
    }
    const std::size_t last = settings_.law == PriceLaw::kGeometric ? time / settings_.step_ns : 0;
    for (std::size_t i = 0; i < steps_.size() && i <= last; ++i) out = std::min(out, steps_[i]);
    return out;
}

Amount PricePath::in_lux(Amount reference, SimTime now) {
    if (is_constant()) return reference;
    const Wide lux = (Wide{reference.nlux()} << kPriceFraction) / at(now);
    constexpr Wide kMost = kSupplyMax.nlux();
    return Amount(static_cast<std::uint64_t>(std::min(lux, kMost)));
}

}  // namespace aivm::sim
