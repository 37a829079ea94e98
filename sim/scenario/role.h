// The roles of participants, and the words for them in scenario files, outputs and Python.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace aivm::sim {

enum class Role : std::uint8_t { kProvider, kChallenger, kRequester, kValidator };

// Indexed by role; also the names of the tables of a scenario file.
inline constexpr std::array<std::string_view, 4> kRoleWords = {"provider", "challenger",
                                                               "requester", "validator"};
static_assert(kRoleWords.size() == static_cast<std::size_t>(Role::kValidator) + 1);

constexpr std::string_view to_string(Role role) {
    return kRoleWords.at(static_cast<std::size_t>(role));
}

// Nothing for a word that is not a role's.
constexpr std::optional<Role> role_from(std::string_view word) {
    const auto found = std::ranges::find(kRoleWords, word);
    if (found == kRoleWords.end()) return std::nullopt;
    return static_cast<Role>(found - kRoleWords.begin());
}

}  // namespace aivm::sim
