// Money as a type of its own, and named integers for heights and times, with checked arithmetic.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "core/base/check.h"

namespace aivm {

// Checked addition and multiplication; nothing when the result would not fit.
constexpr std::optional<std::uint64_t> checked_add(std::uint64_t a, std::uint64_t b) {
    std::uint64_t out = 0;
    if (__builtin_add_overflow(a, b, &out)) return std::nullopt;
    return out;
}
constexpr std::optional<std::uint64_t> checked_mul(std::uint64_t a, std::uint64_t b) {
    std::uint64_t out = 0;
    if (__builtin_mul_overflow(a, b, &out)) return std::nullopt;
    return out;
}
// For counters that only grow: they stop at 2^64 - 1.
constexpr void count_up(std::uint64_t& counter) {
    if (counter != ~std::uint64_t{0}) ++counter;
}

// An amount of nLUX; 1 LUX = 10^9 nLUX. The operators fail a check on overflow: code that handles
// amounts from outside uses the checked_ members and refuses.
class Amount {
public:
    constexpr Amount() = default;
    constexpr explicit Amount(std::uint64_t nlux) : nlux_(nlux) {}

    [[nodiscard]] constexpr std::uint64_t nlux() const { return nlux_; }
    [[nodiscard]] constexpr bool is_zero() const { return nlux_ == 0; }

    friend constexpr auto operator<=>(Amount, Amount) = default;

    [[nodiscard]] constexpr std::optional<Amount> checked_plus(Amount other) const {
        const auto sum = checked_add(nlux_, other.nlux_);
        return sum ? std::optional(Amount(*sum)) : std::nullopt;
    }
    // For statistics that no rule reads: the greatest amount when the sum would not fit.
    [[nodiscard]] constexpr Amount saturating_plus(Amount other) const {
        return checked_plus(other).value_or(Amount(~std::uint64_t{0}));
    }
    [[nodiscard]] constexpr std::optional<Amount> checked_times(std::uint64_t factor) const {
        const auto product = checked_mul(nlux_, factor);
        return product ? std::optional(Amount(*product)) : std::nullopt;
    }

    // floor(this * numerator / denominator); the ratio is at most one, so nothing overflows.
    [[nodiscard]] constexpr Amount share(std::uint64_t numerator, std::uint64_t denominator) const {
        AIVM_CHECK(denominator != 0 && numerator <= denominator);
        __extension__ using Wide = unsigned __int128;
        return Amount(static_cast<std::uint64_t>(Wide(nlux_) * numerator / denominator));
    }
    // A share in basis points, 10,000 being the whole.
    [[nodiscard]] constexpr Amount bps(std::uint32_t basis_points) const {
        return share(basis_points, 10'000);
    }

    friend constexpr Amount operator+(Amount a, Amount b) {
        const auto sum = a.checked_plus(b);
        AIVM_CHECK(sum.has_value());
        return *sum;
    }
    friend constexpr Amount operator-(Amount a, Amount b) {
        AIVM_CHECK(a.nlux_ >= b.nlux_);
        return Amount(a.nlux_ - b.nlux_);
    }
    constexpr Amount& operator+=(Amount other) { return *this = *this + other; }
    constexpr Amount& operator-=(Amount other) { return *this = *this - other; }

private:
    std::uint64_t nlux_ = 0;
};

constexpr std::uint64_t kNluxPerLux = 1'000'000'000;
constexpr Amount lux(std::uint64_t whole) { return Amount(whole * kNluxPerLux); }
constexpr Amount millilux(std::uint64_t thousandths) {
    return Amount(thousandths * (kNluxPerLux / 1000));
}

// For sums and differences of amounts, which may be negative. Requires an amount below 2^63, as
// every amount of a simulated chain is.
constexpr std::int64_t signed_nlux(Amount amount) {
    return static_cast<std::int64_t>(amount.nlux());
}

// A sum of many amounts, which cannot wrap.
__extension__ using WideNlux = unsigned __int128;

// Every digit: "1000 LUX", "0.500000000 LUX".
std::string exact_lux(WideNlux nlux);
inline std::string exact_lux(Amount amount) { return exact_lux(WideNlux{amount.nlux()}); }

// Block heights and times are plain 64-bit integers with a name, which the compiler does not
// distinguish apart; arithmetic on values from outside goes through checked_add. Times are
// nanoseconds since the Unix epoch (block timestamps) or since the start of a run (sim).
using Height = std::uint64_t;
using TimestampNs = std::uint64_t;
constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

}  // namespace aivm
