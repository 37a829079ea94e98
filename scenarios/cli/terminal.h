// The two streams of a command: results, and everything said about getting them.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace aivm::scenarios::cli {

enum class Style { kPlain, kGood, kBad, kCaution, kStrong, kFaint };

// Whether a stream may be coloured: it is a terminal that can, and NO_COLOR is not set to anything.
bool has_colour(std::FILE* stream);

// The text in that style, or as it is when `colour` is off.
std::string styled(Style style, std::string_view text, bool colour);

// Writes a result. False when stdout did not take it all: a full disk, a closed pipe.
[[nodiscard]] bool print_result(std::string_view text);

// "aivmsim: text" on stderr; a line break is added when there is none.
void complain(std::string_view text);

// A line on stderr as it is.
void say(std::string_view text);

}  // namespace aivm::scenarios::cli
