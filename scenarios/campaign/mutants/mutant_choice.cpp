#include "scenarios/campaign/mutants/mutant_choice.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/mutant.h"

namespace aivm::scenarios {

#ifdef AIVM_MUTANTS

bool has_mutants() { return true; }

void choose_mutant(const MutantRow* row) {
    mutants::active = row == nullptr ? 0 : mutants::key_of(row->id);
    mutants::reached = 0;
}

const MutantRow* chosen_mutant() {
    if (mutants::active == 0) return nullptr;
    const auto found = std::ranges::find(mutant_rows(), mutants::active, [](const MutantRow& row) {
        return mutants::key_of(row.id);
    });
    return found == mutant_rows().end() ? nullptr : &*found;
}

std::uint64_t times_reached() { return mutants::reached; }

#else

bool has_mutants() { return false; }
void choose_mutant(const MutantRow*) {}
const MutantRow* chosen_mutant() { return nullptr; }
std::uint64_t times_reached() { return 0; }

#endif

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
