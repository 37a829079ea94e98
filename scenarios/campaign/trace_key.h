// Texts that stay the same when only numbers differ, to tell whether two violations are one defect.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace aivm::scenarios {

// Every run of decimal digits becomes '#', and so does every hexadecimal word of at least six
// digits that holds a decimal digit: "task 17 of provider[3]" -> "task # of provider[#]". They are
// one because the digits of a hash may all be decimal.
std::string normalised(std::string_view text);

// 16 hexadecimal digits for an invariant and the actions of a shrunk trace, normalised, whatever
// their order: chance alone often decides which of two comes first. Without actions, for the
// invariant and the message.
std::string trace_key(std::string_view invariant, std::string_view message,
                      std::span<const std::string> actions);

}  // namespace aivm::scenarios
