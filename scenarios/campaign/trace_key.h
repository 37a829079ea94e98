// Texts that stay the same when only numbers differ, to tell whether two violations are one defect.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace aivm::scenarios {

// Every run of decimal digits becomes '#', and every hexadecimal word of at least six digits that
// holds a decimal digit becomes "@": "task 17 of provider[3]" -> "task # of provider[#]".
std::string normalised(std::string_view text);

// 16 hexadecimal digits for an invariant and the actions of a shrunk trace, normalised; without
// actions, for the invariant and the message.
std::string trace_key(std::string_view invariant, std::string_view message,
                      std::span<const std::string> actions);

}  // namespace aivm::scenarios
