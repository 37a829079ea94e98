// Byte strings of fixed and varying length, and their hexadecimal form.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aivm {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

// Exactly N bytes, ordered lexicographically; all zero by default.
template <std::size_t N>
struct FixedBytes {
    static constexpr std::size_t size_bytes = N;
    std::array<std::uint8_t, N> bytes{};

    friend bool operator==(const FixedBytes& a, const FixedBytes& b) {
        if constexpr (N < 8) return std::memcmp(a.data(), b.data(), N) == 0;
        std::uint64_t difference = 0;
        for (std::size_t i = 0; i < kWords; ++i) difference |= a.word(i) ^ b.word(i);
        return difference == 0;
    }
    friend std::strong_ordering operator<=>(const FixedBytes& a, const FixedBytes& b) {
        if constexpr (N < 8) return std::memcmp(a.data(), b.data(), N) <=> 0;
        for (std::size_t i = 0; i < kWords; ++i) {
            const std::uint64_t left = a.word(i);
            const std::uint64_t right = b.word(i);
            if (left != right) return __builtin_bswap64(left) <=> __builtin_bswap64(right);
        }
        return std::strong_ordering::equal;
    }

    [[nodiscard]] const std::uint8_t* data() const { return bytes.data(); }
    [[nodiscard]] std::uint8_t* data() { return bytes.data(); }
    [[nodiscard]] static constexpr std::size_t size() { return N; }
    [[nodiscard]] ByteView view() const { return ByteView{bytes}; }
    [[nodiscard]] bool is_zero() const { return *this == FixedBytes{}; }

    // The first eight bytes as a little-endian number: a cheap hash of a value that is a hash
    // itself.
    [[nodiscard]] std::uint64_t prefix64() const
        requires(N >= 8)
    {
        std::uint64_t value = 0;
        std::memcpy(&value, bytes.data(), sizeof value);
        return value;
    }

private:
    static_assert(std::endian::native == std::endian::little);
    static constexpr std::size_t kWords = (N + 7) / 8;

    // Eight bytes as a little-endian number; the last eight overlap those before them unless N is a
    // multiple of eight.
    [[nodiscard]] std::uint64_t word(std::size_t i) const {
        std::uint64_t value = 0;
        std::memcpy(&value, bytes.data() + (8 * i + 8 <= N ? 8 * i : N - 8), sizeof value);
        return value;
    }
};

using Hash32 = FixedBytes<32>;
using Address = FixedBytes<20>;

// Lexicographic order of byte strings, for ordered containers that are searched with views.
struct ByteOrder {
    using is_transparent = void;
    bool operator()(ByteView a, ByteView b) const {
        const std::size_t common = a.size() < b.size() ? a.size() : b.size();
        const int order = common == 0 ? 0 : std::memcmp(a.data(), b.data(), common);
        return order != 0 ? order < 0 : a.size() < b.size();
    }
};

inline ByteView as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Lower-case hexadecimal without a prefix.
std::string to_hex(ByteView bytes);

// The bytes of an even number of hexadecimal digits, "0x" allowed in front; nothing when the text
// is anything else.
std::optional<Bytes> from_hex(std::string_view text);

// As from_hex, for exactly N bytes.
template <std::size_t N>
std::optional<FixedBytes<N>> fixed_from_hex(std::string_view text) {
    const auto parsed = from_hex(text);
    if (!parsed || parsed->size() != N) return std::nullopt;
    FixedBytes<N> out;
    std::memcpy(out.data(), parsed->data(), N);
    return out;
}

}  // namespace aivm
