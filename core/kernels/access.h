// Reading and writing ABI structures behind host pointers that may be aligned to 4 bytes only:
// always a copy.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace aivm::kernels {

template <class T>
const std::uint8_t* bytes_at(const T* array, std::size_t index) {
    return reinterpret_cast<const std::uint8_t*>(array) + index * sizeof(T);
}

template <class T>
std::uint8_t* bytes_at(T* array, std::size_t index) {
    return reinterpret_cast<std::uint8_t*>(array) + index * sizeof(T);
}

template <class T>
std::remove_const_t<T> load(T* array, std::size_t index = 0) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::remove_const_t<T> value;
    std::memcpy(static_cast<void*>(&value), static_cast<const void*>(bytes_at(array, index)),
                sizeof value);
    return value;
}

template <class T>
void store(T* array, std::size_t index, const T& value) {
    std::memcpy(static_cast<void*>(bytes_at(array, index)), static_cast<const void*>(&value),
                sizeof value);
}

// One u32 field of one element, without copying the rest. The offset comes from offsetof.
template <class T>
std::uint32_t load_u32(const T* array, std::size_t index, std::size_t offset_bytes) {
    std::uint32_t value = 0;
    std::memcpy(&value, bytes_at(array, index) + offset_bytes, sizeof value);
    return value;
}

template <std::size_t N>
bool is_zero(const std::uint8_t (&bytes)[N]) {
    return std::all_of(bytes, bytes + N, [](std::uint8_t byte) { return byte == 0; });
}

template <std::size_t N>
bool equal(const std::uint8_t (&a)[N], const std::uint8_t (&b)[N]) {
    return std::memcmp(a, b, N) == 0;
}

template <std::size_t N>
void copy(std::uint8_t (&to)[N], const std::uint8_t (&from)[N]) {
    std::memcpy(to, from, N);
}

}  // namespace aivm::kernels
