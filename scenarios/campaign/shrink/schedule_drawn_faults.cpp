#include "scenarios/campaign/shrink/shrink_passes.h"
#include "scenarios/run/setting.h"
#include "sim/engine/choice_sources.h"
#include "sim/faults/swarm.h"

namespace aivm::scenarios {
namespace {

bool is_of_swarm(const sim::ChoiceAnswer& choice) {
    return choice.id.kind >= sim::ChoiceKind::kSwarmPresent &&
           choice.id.kind <= sim::ChoiceKind::kSwarmStrength;
}

}  // namespace

void schedule_drawn_faults(RunSearch& search) {
    RunPlan candidate = search.best();
    if (!candidate.scenario.swarm.enabled) return;
    const auto setting = make_setting(candidate.scenario);
    if (!setting) return;
    sim::ReplayChoices answers(candidate.choices);
    for (sim::FaultPlan& plan : sim::draw_faults(candidate.scenario, setting->stakes, answers))
        candidate.scenario.faults.push_back(std::move(plan));
    candidate.scenario.swarm = {};
    std::erase_if(candidate.choices, is_of_swarm);
    search.attempt(std::move(candidate));
}

}  // namespace aivm::scenarios
