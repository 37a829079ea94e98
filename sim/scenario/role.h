// The roles of participants. Their words are also the names of the tables of a scenario file.
#pragma once

#include "core/base/describe.h"

namespace aivm::sim {

enum class Role : std::uint8_t { kProvider, kChallenger, kRequester, kValidator };
constexpr auto enum_words(Role) {
    return std::to_array<std::string_view>({"provider", "challenger", "requester", "validator"});
}

}  // namespace aivm::sim
