// Base-two logarithm and power in fixed point: tables built by integer arithmetic at compile time,
// and linear interpolation between their 512 steps. The error is below 2^-20; the result is the
// same on every machine.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace aivm::sim::fixed {

inline constexpr unsigned kFraction = 32;  // bits after the point
inline constexpr unsigned kStepBits = 9;
inline constexpr std::size_t kSteps = std::size_t{1} << kStepBits;

using Table = std::array<std::uint64_t, kSteps + 1>;

// log2 of mantissa / 2^62, for a mantissa in [2^62, 2^63), to kFraction bits: squaring doubles a
// logarithm, and the integer part of the doubled one is its next bit.
constexpr std::uint64_t log2_bitwise(std::uint64_t mantissa) {
    __extension__ using Wide = unsigned __int128;
    std::uint64_t result = 0;
    for (unsigned bit = 0; bit < kFraction; ++bit) {
        mantissa = static_cast<std::uint64_t>(static_cast<Wide>(mantissa) * mantissa >> 62);
        result <<= 1;
        if (mantissa >> 63 != 0) {
            mantissa >>= 1;
            result |= 1;
        }
    }
    return result;
}

// The square root of value * 2^62, rounded down.
constexpr std::uint64_t sqrt_scaled(std::uint64_t value) {
    __extension__ using Wide = unsigned __int128;
    const Wide square = static_cast<Wide>(value) << 62;
    std::uint64_t root = 0;
    for (std::uint64_t bit = 1ULL << 63; bit != 0; bit >>= 1) {
        const std::uint64_t candidate = root | bit;
        if (static_cast<Wide>(candidate) * candidate <= square) root = candidate;
    }
    return root;
}

// log2(1 + i / kSteps).
inline constexpr Table kLog2 = [] {
    Table table{};
    for (std::size_t i = 0; i < kSteps; ++i)
        table[i] = log2_bitwise((kSteps + i) << (62 - kStepBits));
    table[kSteps] = 1ULL << kFraction;
    return table;
}();

// 2^(i / kSteps), as products of the repeated square roots of two.
inline constexpr Table kExp2 = [] {
    __extension__ using Wide = unsigned __int128;
    // roots[k] = 2^(1 / 2^(k+1)), 62 bits after the point
    std::array<std::uint64_t, kStepBits> roots{};
    std::uint64_t root = 1ULL << 63;
    for (auto& entry : roots) entry = root = sqrt_scaled(root);
    Table table{};
    for (std::size_t i = 0; i <= kSteps; ++i) {
        Wide product = i == kSteps ? static_cast<Wide>(1) << 63 : static_cast<Wide>(1) << 62;
        for (std::size_t k = 0; k < kStepBits && i < kSteps; ++k) {
            if ((i >> (kStepBits - 1 - k) & 1) != 0) product = product * roots[k] >> 62;
        }
        table[i] = static_cast<std::uint64_t>(product >> (62 - kFraction));
    }
    return table;
}();

// Between table[step] and table[step + 1], `rest` / 2^rest_bits of the way.
constexpr std::uint64_t between(const Table& table, std::size_t step, std::uint64_t rest,
                                unsigned rest_bits) {
    return table[step] + ((table[step + 1] - table[step]) * rest >> rest_bits);
}

// -log2(u / 2^64) for u > 0, to kFraction bits: in (0, 64].
constexpr std::uint64_t minus_log2(std::uint64_t u) {
    const auto zeros = static_cast<unsigned>(std::countl_zero(u));
    const std::uint64_t mantissa = u << zeros << 1;  // the bits after the leading one
    const std::uint64_t log = between(kLog2, static_cast<std::size_t>(mantissa >> (64 - kStepBits)),
                                      mantissa << kStepBits >> 32, 32);
    return ((std::uint64_t{zeros} + 1) << kFraction) - log;
}

// 2^x for x >= 0 with kFraction bits, to kFraction bits. Requires x < 31.
constexpr std::uint64_t exp2(std::uint64_t x) {
    constexpr unsigned kRestBits = kFraction - kStepBits;
    const std::uint64_t fraction = x & ((1ULL << kFraction) - 1);
    const std::uint64_t power = between(kExp2, static_cast<std::size_t>(fraction >> kRestBits),
                                        fraction & ((1ULL << kRestBits) - 1), kRestBits);
    return power << (x >> kFraction);
}

}  // namespace aivm::sim::fixed
