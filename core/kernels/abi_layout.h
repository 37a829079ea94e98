// The ABI structures as data: for each, the names, types and offsets of its fields, from the tables
// of abi.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/kernels/abi.h"

namespace aivm::abi {

enum class FieldType : std::uint8_t { kBytes, kU32, kU64, kI8, kI32, kI32Array };

struct Field {
    std::string_view name;
    FieldType type;
    std::size_t offset;
    std::size_t size_bytes;

    [[nodiscard]] constexpr bool is_padding() const { return name.starts_with("_pad"); }
};

template <class T>
constexpr FieldType field_type() {
    if constexpr (std::is_same_v<T, u32>) return FieldType::kU32;
    if constexpr (std::is_same_v<T, u64>) return FieldType::kU64;
    if constexpr (std::is_same_v<T, i8>) return FieldType::kI8;
    if constexpr (std::is_same_v<T, i32>) return FieldType::kI32;
    if constexpr (std::is_same_v<T, i32x16>) return FieldType::kI32Array;
    return FieldType::kBytes;
}

// fields_of<Attestation>() and so on, in the order of their offsets.
template <class S>
constexpr std::span<const Field> fields_of();

#define AIVM_ABI_FIELD(S, TYPE, NAME, OFFSET) \
    Field{#NAME, field_type<TYPE>(), OFFSET, sizeof(TYPE)},
#define AIVM_ABI_FIELDS_OF(NAME, SIZE)                                                \
    inline constexpr Field kFields##NAME[] = {AIVM_ABI_##NAME(AIVM_ABI_FIELD, NAME)}; \
    template <>                                                                       \
    constexpr std::span<const Field> fields_of<NAME>() {                              \
        return kFields##NAME;                                                         \
    }
AIVM_ABI_STRUCTS(AIVM_ABI_FIELDS_OF)
#undef AIVM_ABI_FIELDS_OF
#undef AIVM_ABI_FIELD

}  // namespace aivm::abi
