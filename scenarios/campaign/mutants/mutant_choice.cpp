#include "scenarios/campaign/mutants/mutant_choice.h"

#include <fmt/format.h>

#include "core/base/mutant_choice.h"

namespace aivm::scenarios {

bool has_mutants() { return mutants::are_built_in(); }

void choose_mutant(const MutantRow* row) {
    mutants::choose(row == nullptr ? std::string_view() : row->id);
}

const MutantRow* chosen_mutant() { return find_mutant(mutants::chosen()); }

std::uint64_t times_reached() { return mutants::times_reached(); }

Status choose_mutant_of_environment(const std::optional<std::string>& value) {
    if (!value || value->empty()) return {};
    if (!has_mutants()) {
        return fail(ErrorCode::kConfig,
                    fmt::format("{} is set to {}, but this program contains no planted bugs; unset "
                                "it, or build with cmake --preset mutants",
                                kMutantVariable, *value));
    }
    const MutantRow* row = find_mutant(*value);
    if (row == nullptr) {
        return fail(ErrorCode::kConfig,
                    fmt::format("{}: there is no mutant {}; aivmsim mutants --list names them",
                                kMutantVariable, *value));
    }
    choose_mutant(row);
    return {};
}

}  // namespace aivm::scenarios
