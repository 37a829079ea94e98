#include "scenarios/campaign/shrink/shrink_elements.h"
#include "scenarios/campaign/shrink/shrink_passes.h"

namespace aivm::scenarios {

void drop_groups(RunSearch& search) {
    const auto whole = search.best().scenario.actors;
    shrink_elements(search, whole.size(), [&](RunPlan& plan, const std::vector<std::size_t>& kept) {
        plan.scenario.actors = only(whole, kept);
    });
}

void drop_members(RunSearch& search) {
    for (std::size_t i = 0; i < search.best().scenario.actors.size(); ++i) {
        // The number of validators is a key of the chain.
        if (search.best().scenario.actors[i].role == sim::Role::kValidator) continue;
        lower_number(search, search.best().scenario.actors[i].count, 1,
                     [i](RunPlan& plan, std::uint64_t count) {
                         plan.scenario.actors[i].count = static_cast<std::uint32_t>(count);
                     });
    }
    lower_number(search, search.best().scenario.workload.requesters, 1,
                 [](RunPlan& plan, std::uint64_t count) {
                     plan.scenario.workload.requesters = static_cast<std::uint32_t>(count);
                 });
}

}  // namespace aivm::scenarios
