// Names in scenario files: which are allowed, and which known name was probably meant.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace aivm::scenarios {

inline constexpr std::size_t kMaxNameBytes = 64;

// Letters, digits, '_' and '-', one to kMaxNameBytes of them: labels, strategies, profiles,
// regions.
bool is_name(std::string_view text);

// The candidate with the fewest edits (insert, delete, replace, swap neighbours) from `wrong`; the
// first of equals. Empty if the nearest one differs in more than a third of the longer name's
// length.
std::string nearest_name(std::string_view wrong, std::span<const std::string> candidates);

// "did you mean \"x\"?" or, if no name is near, "one of a, b, c".
std::string suggest(std::string_view wrong, std::span<const std::string> candidates);

}  // namespace aivm::scenarios
