// The two streams of a command: results on stdout, everything else on stderr.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace aivm::scenarios::cli {

enum class Style { kPlain, kGood, kBad, kCaution, kStrong, kFaint };

bool is_terminal(std::FILE* stream);

// Whether a stream may be coloured: it is a terminal that supports colour, and NO_COLOR is unset or
// empty.
bool has_colour(std::FILE* stream);

// Columns of a screen on stdout: those of the terminal, from 60 to 140; 100 where it is none.
std::size_t screen_width();

// The text in that style, or unchanged without `colour`.
std::string styled(Style style, std::string_view text, bool colour);

// Writes a result. False if stdout did not accept all of it: a full disk, a closed pipe.
[[nodiscard]] bool print_result(std::string_view text);

// "aivmsim: text" on stderr; a line break is added if it is missing.
void complain(std::string_view text);

// A line on stderr, unchanged.
void say(std::string_view text);

}  // namespace aivm::scenarios::cli
