// Which planted bug this process runs with (mutant.h). In a program without planted bugs nothing
// can be chosen.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace aivm::mutants {

// Whether this program contains planted bugs.
bool are_built_in();

// From now on this process runs with the bug of this id, or with none if it is empty. Requires that
// no world is running.
void choose(std::string_view id);
// The id that was chosen last; empty: none.
const std::string& chosen();
// How often execution has come to its place since it was chosen.
std::uint64_t times_reached();

}  // namespace aivm::mutants
