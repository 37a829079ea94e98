// The canonical encoding: fixed-width big-endian integers, length-prefixed byte strings and lists,
// no trailing bytes. Decoding then encoding results in the same bytes, or decoding fails.
// core/base/encode.h encodes and decodes whole structs from their descriptions.
//
//   u8 u16 u32 u64   big-endian, fixed width          bool     one byte, 0 or 1
//   fixed<N>         N bytes                          bytes    u32 length, then that many bytes
//   list             u32 count, then the elements     string   as bytes
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/describe.h"
#include "core/base/error.h"

namespace aivm {

// Appends to a byte string.
class Writer {
public:
    template <std::unsigned_integral Integer>
    Writer& integer(Integer value) {
        if constexpr (sizeof(Integer) == 1) {
            out_.push_back(value);
        } else {
            std::uint8_t buffer[sizeof(Integer)];
            for (std::size_t i = 0; i < sizeof(Integer); ++i) {
                buffer[i] = static_cast<std::uint8_t>(value >> (8 * (sizeof(Integer) - 1 - i)));
            }
            append(buffer, sizeof buffer);
        }
        return *this;
    }
    Writer& u8(std::uint8_t value) { return integer(value); }
    Writer& u16(std::uint16_t value) { return integer(value); }
    Writer& u32(std::uint32_t value) { return integer(value); }
    Writer& u64(std::uint64_t value) { return integer(value); }
    Writer& boolean(bool value) { return u8(value ? 1 : 0); }
    Writer& amount(Amount value) { return u64(value.nlux()); }
    Writer& raw(ByteView bytes) {
        append(bytes.data(), bytes.size());
        return *this;
    }
    template <std::size_t N>
    Writer& fixed(const FixedBytes<N>& value) {
        return raw(value.view());
    }
    Writer& bytes(ByteView value) {
        return u32(static_cast<std::uint32_t>(value.size())).raw(value);
    }
    Writer& string(std::string_view value) { return bytes(as_bytes(value)); }

    void clear() { out_.clear(); }
    void reserve(std::size_t size) { out_.reserve(size); }
    [[nodiscard]] std::size_t size() const { return out_.size(); }
    [[nodiscard]] ByteView view() const { return out_; }
    [[nodiscard]] Bytes take() { return std::move(out_); }

private:
    void append(const std::uint8_t* data, std::size_t size) {
        // Most messages are short and fit into the first allocation, without doublings.
        if (out_.capacity() == 0) out_.reserve(std::max(kFirstCapacity, size));
        const std::size_t at = out_.size();
        out_.resize(at + size);
        if (size != 0) std::memcpy(out_.data() + at, data, size);
    }
    static constexpr std::size_t kFirstCapacity = 128;
    Bytes out_;
};

// Reads the output of Writer. After the first error every read returns zero, and finish() reports
// that error, so that a caller reads a whole object and checks once.
class Reader {
public:
    explicit Reader(ByteView input) : input_(input) {}

    template <std::unsigned_integral Integer>
    Integer integer() {
        return static_cast<Integer>(big_endian(sizeof(Integer)));
    }
    std::uint8_t u8() { return integer<std::uint8_t>(); }
    std::uint16_t u16() { return integer<std::uint16_t>(); }
    std::uint32_t u32() { return integer<std::uint32_t>(); }
    std::uint64_t u64() { return integer<std::uint64_t>(); }
    bool boolean();
    Amount amount() { return Amount(u64()); }
    template <std::size_t N>
    FixedBytes<N> fixed() {
        FixedBytes<N> out;
        const ByteView piece = take(N);
        if (piece.size() == N) std::memcpy(out.data(), piece.data(), N);
        return out;
    }
    Hash32 hash() { return fixed<32>(); }
    // A byte string of at most `limit` bytes.
    Bytes bytes(std::size_t limit);
    std::string string(std::size_t limit);
    // The count of a list of at most `limit` elements, each at least `element_size_min` bytes long,
    // so that a false count cannot make the caller allocate more than the input could fill.
    std::uint32_t list(std::size_t limit, std::size_t element_size_min = 1);
    template <class Enum>
    Enum enumerator() {
        const std::uint8_t value = u8();
        if (value >= enum_count<Enum>) set_fault("unknown kind byte");
        return ok() ? static_cast<Enum>(value) : Enum{};
    }

    void set_fault(std::string_view what);
    [[nodiscard]] bool ok() const { return fault_.empty(); }
    [[nodiscard]] std::size_t remaining() const { return input_.size() - position_; }
    // The first error, if there was one.
    [[nodiscard]] Status status() const;
    // As status(), and also an error if bytes are left over.
    [[nodiscard]] Status finish();

private:
    ByteView take(std::size_t count);
    std::uint64_t big_endian(std::size_t width);

    ByteView input_;
    std::size_t position_ = 0;
    std::string fault_;
};

}  // namespace aivm
