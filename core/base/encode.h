// The canonical encoding of a value, from its type and the description of its fields.
//
//   integers, bool, FixedBytes, strings, byte strings   as core/base/codec.h says
//   Amount, Index        as the integer they hold         enum       u8, below its enum_count
//   optional             bool, then the value if 1        ValuePtr   the value
//   list                 u32 count, then the elements     struct     its fields in order
//
// A struct whose bytes are more than its fields in order has `void encode(Writer&) const` and
// `static T decode(Reader&)` of its own, or one of them; they take precedence.
#pragma once

#include <concepts>
#include <cstring>
#include <optional>
#include <type_traits>

#include "core/base/codec.h"
#include "core/base/describe.h"
#include "core/base/ids.h"
#include "core/base/value_ptr.h"

namespace aivm {

template <class T, template <class> class Template>
inline constexpr bool is_instance = false;
template <class Value, template <class> class Template>
inline constexpr bool is_instance<Template<Value>, Template> = true;

template <class T>
inline constexpr bool is_fixed_bytes = false;
template <std::size_t N>
inline constexpr bool is_fixed_bytes<FixedBytes<N>> = true;

// A container of elements: a vector, whatever its kind, but no string and no byte string.
template <class T>
concept ListOfValues = !std::same_as<T, std::string> && !std::same_as<T, Bytes> &&
                       requires(T list, typename T::value_type value) {
                           list.push_back(value);
                           list.begin();
                           list.size();
                       };

template <class T>
concept EncodesItself = requires(const T& value, Writer& out) { value.encode(out); };
template <class T>
concept KnowsItsSize = requires(const T& value) {
    { value.encoded_size() } -> std::same_as<std::size_t>;
};
template <class T>
concept DecodesItself = requires(Reader& in) {
    { T::decode(in) } -> std::same_as<T>;
};

// The fewest bytes that an encoded T has.
template <class T>
constexpr std::size_t encoded_size_min() {
    if constexpr (std::is_arithmetic_v<T>) {
        return sizeof(T);
    } else if constexpr (std::is_enum_v<T> || is_instance<T, std::optional>) {
        return 1;
    } else if constexpr (std::same_as<T, Amount>) {
        return sizeof(std::uint64_t);
    } else if constexpr (is_instance<T, Index>) {
        return sizeof(std::uint32_t);
    } else if constexpr (is_fixed_bytes<T>) {
        return T::size_bytes;
    } else if constexpr (Described<T>) {
        return std::apply(
            [](auto... fields) {
                return (0 + ... +
                        encoded_size_min<
                            std::remove_cvref_t<decltype(std::declval<T>().*fields.member)>>());
            },
            T::fields());
    } else {
        return sizeof(std::uint32_t);  // a count or length
    }
}

template <class T>
constexpr auto& unboxed(T& value) {
    if constexpr (is_instance<std::remove_const_t<T>, ValuePtr>) {
        return *value;
    } else {
        return value;
    }
}

template <class T>
void encode(Writer& out, const T& value);

// The fields alone, for a struct that has an `encode` of its own.
template <Described T>
void encode_fields(Writer& out, const T& value) {
    for_each_field(value, [&out]<class F, class Member>(F, const Member& member) {
        if constexpr (F::max == kAsInMemory) {
            const auto& object = unboxed(member);
            static_assert(
                std::has_unique_object_representations_v<std::remove_cvref_t<decltype(object)>>);
            out.raw({reinterpret_cast<const std::uint8_t*>(&object), sizeof object});
        } else {
            encode(out, member);
        }
    });
}

template <class T>
void encode(Writer& out, const T& value) {
    if constexpr (std::same_as<T, bool>) {
        out.boolean(value);
    } else if constexpr (std::unsigned_integral<T>) {
        out.integer(value);
    } else if constexpr (std::is_enum_v<T>) {
        out.u8(static_cast<std::uint8_t>(value));
    } else if constexpr (std::same_as<T, Amount>) {
        out.amount(value);
    } else if constexpr (is_instance<T, Index>) {
        out.u32(value.value);
    } else if constexpr (is_fixed_bytes<T>) {
        out.fixed(value);
    } else if constexpr (std::same_as<T, std::string>) {
        out.string(value);
    } else if constexpr (std::same_as<T, Bytes>) {
        out.bytes(value);
    } else if constexpr (is_instance<T, std::optional>) {
        out.boolean(value.has_value());
        if (value) encode(out, *value);
    } else if constexpr (is_instance<T, ValuePtr>) {
        encode(out, *value);
    } else if constexpr (ListOfValues<T>) {
        out.u32(static_cast<std::uint32_t>(value.size()));
        for (const auto& element : value) encode(out, element);
    } else if constexpr (EncodesItself<T>) {
        value.encode(out);
    } else {
        encode_fields(out, value);
    }
}

// How many bytes encode() writes, without writing them. A struct with an `encode` of its own has
// an `encoded_size` too.
template <class T>
std::size_t encoded_size(const T& value) {
    if constexpr (std::same_as<T, std::string> || std::same_as<T, Bytes>) {
        return sizeof(std::uint32_t) + value.size();
    } else if constexpr (is_instance<T, std::optional>) {
        return 1 + (value ? encoded_size(*value) : 0);
    } else if constexpr (is_instance<T, ValuePtr>) {
        return encoded_size(*value);
    } else if constexpr (ListOfValues<T>) {
        std::size_t size = sizeof(std::uint32_t);
        for (const auto& element : value) size += encoded_size(element);
        return size;
    } else if constexpr (KnowsItsSize<T>) {
        return value.encoded_size();
    } else if constexpr (Described<T>) {
        static_assert(!EncodesItself<T>, "it has an encoding but no size of its own");
        std::size_t size = 0;
        for_each_field(value, [&size]<class F, class Member>(F, const Member& member) {
            if constexpr (F::max == kAsInMemory) {
                size += sizeof(unboxed(member));
            } else {
                size += encoded_size(member);
            }
        });
        return size;
    } else {
        return encoded_size_min<T>();  // the others have a fixed width
    }
}

template <class T, std::size_t Max = 0, std::size_t ElementMax = 0>
T decode(Reader& in);

// The fields alone, for a struct that has a `decode` of its own.
template <Described T>
T decode_fields(Reader& in) {
    T out;
    for_each_field(out, [&in]<class F, class Member>(F, Member& member) {
        if constexpr (F::max == kAsInMemory) {
            auto& object = unboxed(member);
            const auto raw = in.fixed<sizeof object>();
            std::memcpy(&object, raw.data(), sizeof object);
        } else {
            member = decode<Member, F::max, F::element_max>(in);
        }
    });
    return out;
}

// The limits are those of the field (core/base/describe.h). Whether all went well, the reader
// knows.
template <class T, std::size_t Max, std::size_t ElementMax>
T decode(Reader& in) {
    if constexpr (std::same_as<T, bool>) {
        return in.boolean();
    } else if constexpr (std::unsigned_integral<T>) {
        return in.integer<T>();
    } else if constexpr (std::is_enum_v<T>) {
        return in.enumerator<T>();
    } else if constexpr (std::same_as<T, Amount>) {
        return in.amount();
    } else if constexpr (is_instance<T, Index>) {
        return T{in.u32()};
    } else if constexpr (is_fixed_bytes<T>) {
        return in.fixed<T::size_bytes>();
    } else if constexpr (std::same_as<T, std::string>) {
        static_assert(Max != 0, "a decoded string has a limit");
        return in.string(Max);
    } else if constexpr (std::same_as<T, Bytes>) {
        static_assert(Max != 0, "a decoded byte string has a limit");
        return in.bytes(Max);
    } else if constexpr (is_instance<T, std::optional>) {
        if (!in.boolean()) return std::nullopt;
        return decode<typename T::value_type, Max, ElementMax>(in);
    } else if constexpr (is_instance<T, ValuePtr>) {
        return decode<std::remove_cvref_t<decltype(*std::declval<T>())>, Max, ElementMax>(in);
    } else if constexpr (ListOfValues<T>) {
        static_assert(Max != 0, "a decoded list has a limit");
        using Element = typename T::value_type;
        T out;
        const std::uint32_t count = in.list(Max, encoded_size_min<Element>());
        for (std::uint32_t i = 0; i < count; ++i) out.push_back(decode<Element, ElementMax>(in));
        return out;
    } else if constexpr (DecodesItself<T>) {
        return T::decode(in);
    } else {
        return decode_fields<T>(in);
    }
}

}  // namespace aivm
