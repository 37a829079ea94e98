// Topics of the notices in which silence about a wrong answer is offered and sold.
#pragma once

#include <string_view>

namespace aivm::scenarios {

inline constexpr std::string_view kBribeOffered = "offer of silence";
inline constexpr std::string_view kBribeAccepted = "silence";

}  // namespace aivm::scenarios
