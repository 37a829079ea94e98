// Lanes: the part of a block that an operation competes for, and the one of its sender's nonces
// that it uses. The kind of an operation decides its lane (core/chain/operation.h, lane_of), so
// that nothing an account sends in one lane can make its operations in another one stale.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/base/describe.h"

namespace aivm {

enum class Lane : std::uint8_t {
    kProofs = 0,  // fraud proofs: challenges, their reveals, moves of disputes, evidence
    kWork = 1,    // assigned work: commits, reveals, results
    kRest = 2
};
constexpr auto enum_words(Lane) {
    return std::to_array<std::string_view>({"proofs", "work", "rest"});
}
inline constexpr std::array kLanes{Lane::kProofs, Lane::kWork, Lane::kRest};
static_assert(kLanes.size() == enum_count<Lane>);

}  // namespace aivm
