// The numbers that a comment states, for tests that compare them with what they describe.
#pragma once

#include <set>
#include <string>

namespace aivm::scenarios::cli {

// In digits: "4,096" is "4096", "twelve" is "12", "five hundred and twelve" is "512", "a tenth" and
// "tenths" are "1/10"; "tens of thousands" is "10000", the least that it may mean. "One" and "two"
// are left out, which are mostly no counts. What follows a letter, as in V05 and int8, is no
// number, and the million of "per million" is none.
std::set<std::string> numbers_in(const std::string& text);

// A value of a key that says this fraction in parts per million or in basis points; empty for a
// whole number.
std::set<std::string> values_of_fraction(const std::string& number);

}  // namespace aivm::scenarios::cli
