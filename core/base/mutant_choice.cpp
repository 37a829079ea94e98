#include "core/base/mutant_choice.h"

#include "core/base/mutant.h"

namespace aivm::mutants {
namespace {

std::string& chosen_id() {
    static std::string id;
    return id;
}

}  // namespace

const std::string& chosen() { return chosen_id(); }

#ifdef AIVM_MUTANTS

bool are_built_in() { return true; }

void choose(std::string_view id) {
    chosen_id() = id;
    active = id.empty() ? 0 : key_of(id);
    reached = 0;
}

std::uint64_t times_reached() { return reached; }

#else

bool are_built_in() { return false; }
void choose(std::string_view) {}
std::uint64_t times_reached() { return 0; }

#endif

}  // namespace aivm::mutants
