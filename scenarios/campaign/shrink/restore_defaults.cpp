#include "scenarios/campaign/shrink/shrink_elements.h"
#include "scenarios/campaign/shrink/shrink_passes.h"
#include "scenarios/file/fields.h"

namespace aivm::scenarios {
namespace {

// Keys that other passes lower: their defaults are larger.
bool belongs_to_others(const FieldInfo& info) {
    const std::string key = info.dotted();
    return info.required || info.section.empty() || key == "tasks.count" ||
           key == "chain.validators" || key == "run.max_time" || key == "tasks.requesters" ||
           key == "tasks.feature_rows" || key == "run.max_events" || key == "run.max_memory";
}

template <class Owner>
std::vector<const Field<Owner>*> changed(std::span<const Field<Owner>> fields, const Owner& owner) {
    std::vector<const Field<Owner>*> out;
    for (const auto& field : fields) {
        if (belongs_to_others(field.info) || field.info.key == "count") continue;
        if (field.get(owner) != field.default_value()) out.push_back(&field);
    }
    return out;
}

// Of the elements that `owner_of` finds in a plan: keeps only some of their changed keys.
template <class Owner, class OwnerOf>
void restore(RunSearch& search, std::span<const Field<Owner>> fields, const OwnerOf& owner_of) {
    RunPlan best = search.best();
    const Owner before = owner_of(best);
    const auto keys = changed(fields, before);
    if (keys.empty()) return;
    shrink_elements(search, keys.size(), [&](RunPlan& plan, const std::vector<std::size_t>& kept) {
        Owner& owner = owner_of(plan);
        for (const auto* key : keys) key->set(owner, key->default_value());
        for (const std::size_t i : kept) keys[i]->set(owner, keys[i]->get(before));
    });
}

}  // namespace

void restore_defaults(RunSearch& search) {
    restore(search, scenario_fields(),
            [](RunPlan& plan) -> sim::Scenario& { return plan.scenario; });
    for (std::size_t i = 0; i < search.best().scenario.actors.size() && !search.over(); ++i) {
        restore(search, group_fields(),
                [i](RunPlan& plan) -> sim::ActorGroup& { return plan.scenario.actors[i]; });
    }
}

}  // namespace aivm::scenarios
