#include "scenarios/campaign/shrink/shrink_passes.h"

namespace aivm::scenarios {
namespace {

// A run may have thousands of choices. Other passes make it smaller in fewer tries, and then this
// one has its turn again.
constexpr std::size_t kTriesOfPass = 150;

}  // namespace

void drop_choices(RunSearch& search) {
    std::size_t tries = 0;
    // The run of a candidate may use fewer choices than it is given, so what is left comes from it.
    (void)sim::shrink(search.best().choices, search.budget(), [&](const sim::ChoiceList& kept) {
        if (++tries > kTriesOfPass) return std::optional<sim::ChoiceList>();
        RunPlan candidate = search.best();
        candidate.choices = kept;
        return search.attempt(std::move(candidate)) ? std::optional(search.best().choices)
                                                    : std::nullopt;
    });
}

}  // namespace aivm::scenarios
