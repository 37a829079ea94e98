// Which planted bug this process runs with (core/base/mutant.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/error.h"
#include "scenarios/campaign/mutants/mutant_table.h"

namespace aivm::scenarios {

// The environment variable by which every command runs with a planted bug.
inline constexpr const char* kMutantVariable = "AIVMSIM_MUTANT";

// Whether this program contains mutants.
bool has_mutants();

// From now on this process runs with this mutant; null: with none. Does nothing in a program
// without mutants. Requires that no world is running.
void choose_mutant(const MutantRow* row);
// The mutant that was chosen; null: none.
const MutantRow* chosen_mutant();
// How often execution has come to its place since it was chosen.
std::uint64_t times_reached();

// Chooses the mutant that kMutantVariable names, if it has a value. Errors: this program contains
// no mutants, or none of that name.
Status choose_mutant_of_environment(const std::optional<std::string>& value);

}  // namespace aivm::scenarios
