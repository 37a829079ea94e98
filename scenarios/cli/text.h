// Numbers in human-readable form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace aivm::scenarios::cli {

// "48 211", "-4 984": groups of three digits.
std::string grouped(std::int64_t number);
std::string grouped(std::uint64_t number);

// nLUX as LUX: rounded to whole LUX from 100 on, otherwise with at most three decimals: "4 984",
// "71.25", "-0.5".
std::string lux_text(std::int64_t nlux);

// nLUX as LUX, always with two decimals, for columns: "-4 984.00".
std::string lux_column(std::int64_t nlux);

// Nanoseconds as "6h", "28m40s", "8.25s", "120ms", without spaces. Seconds are rounded to
// milliseconds below a minute, to whole seconds above.
std::string span_text(std::int64_t ns);

// A time of a run: "4m 08.0s", "1h 02m 08.0s", "8.0s".
std::string moment_text(std::int64_t ns);

// "1 task", "3 tasks".
std::string counted(std::uint64_t count, std::string_view noun);

// Columns of a screen that is no terminal.
constexpr std::size_t kScreenWidth = 100;

// Wraps the text at spaces, but not within a number, to at most `width` columns, unless a word is
// longer; every line after the first starts with `indent` spaces.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

}  // namespace aivm::scenarios::cli
