#pragma once

#include <fmt/format.h>

#include <concepts>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace aivm::scenarios {

// The whole number that a JSON value holds. Throws std::invalid_argument if it is anything else: a
// fraction, a negative number, or one that Integer cannot hold. (The library's own conversion
// truncates silently.)
template <std::unsigned_integral Integer>
Integer whole_number(const nlohmann::ordered_json& value) {
    constexpr std::uint64_t kMost = std::numeric_limits<Integer>::max();
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > kMost) {
        throw std::invalid_argument(
            fmt::format("{} is not a whole number from 0 to {}", value.dump(), kMost));
    }
    return static_cast<Integer>(value.get<std::uint64_t>());
}

}  // namespace aivm::scenarios
