#include "scenarios/campaign/shrink/shrink_elements.h"
#include "scenarios/campaign/shrink/shrink_passes.h"

namespace aivm::scenarios {

void drop_faults(RunSearch& search) {
    const auto whole = search.best().scenario.faults;
    shrink_elements(search, whole.size(), [&](RunPlan& plan, const std::vector<std::size_t>& kept) {
        plan.scenario.faults = only(whole, kept);
    });
}

}  // namespace aivm::scenarios
