// Asks for memory that will be needed soon. Changes no result.
#pragma once

#include <cstddef>

namespace aivm {

inline constexpr std::size_t kCacheLineBytes = 64;

// Nothing if `start` is null.
inline void prefetch_lines(const void* start, std::size_t bytes) {
    if (start == nullptr) return;
    const auto* line = static_cast<const char*>(start);
    for (std::size_t at = 0; at < bytes; at += kCacheLineBytes) __builtin_prefetch(line + at);
}

}  // namespace aivm
