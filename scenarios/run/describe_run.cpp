#include "scenarios/run/describe_run.h"

#include <fmt/format.h>

#include "core/config/config_json.h"
#include "sim/faults/scheduled_fault.h"

namespace aivm::scenarios {
namespace {

std::string describe_targets(const sim::FaultPlan& fault) {
    std::vector<std::string> targets = fault.regions;
    for (const std::vector<std::string>& group : fault.groups) {
        const auto names = fmt::format("{}", fmt::join(group, ", "));
        targets.push_back(fault.groups.size() == 1 ? names : "{" + names + "}");
    }
    for (const std::uint32_t validator : fault.validators)
        targets.push_back(fmt::format("validator[{}]", validator));
    return fmt::format("{}", fmt::join(targets, ", "));
}

// What an answer about a fault of the swarm says; empty for other choices.
std::string describe_swarm(const sim::ChoiceAnswer& choice) {
    const char* what = nullptr;
    const bool is_byzantine =
        choice.id.actor == static_cast<std::uint32_t>(sim::FaultKind::kByzantine);
    switch (choice.id.kind) {
        case sim::ChoiceKind::kSwarmPresent:
            what = "whether";
            break;
        case sim::ChoiceKind::kSwarmCount:
            what = "how many";
            break;
        case sim::ChoiceKind::kSwarmTarget:
            what = "whom";
            break;
        case sim::ChoiceKind::kSwarmBegin:
            what = "when";
            break;
        case sim::ChoiceKind::kSwarmDuration:
            what = "how long";
            break;
        case sim::ChoiceKind::kSwarmStrength:
            what = is_byzantine ? "which strategy" : "how strong";
            break;
        default:
            return {};
    }
    const auto kind = choice.id.actor < sim::kFaultKinds
                          ? word(static_cast<sim::FaultKind>(choice.id.actor))
                          : std::string_view("fault");
    if (choice.id.kind == sim::ChoiceKind::kSwarmPresent)
        return fmt::format("the swarm has faults of kind {}", kind);
    return fmt::format("swarm, {}: {} (draw {}) is {}", kind, what, choice.id.ordinal + 1,
                       choice.answer);
}

std::string plural(std::uint64_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

std::string describe(const sim::FaultPlan& fault) {
    const std::string from = print_duration(fault.at_ns);
    const bool until_restart =
        sim::traits_of(fault.kind).ends_with_restart && fault.duration_ns == 0;
    const std::string when =
        until_restart
            ? fmt::format("at {}", from)
            : fmt::format("from {} to {}", from, print_duration(fault.at_ns + fault.duration_ns));
    return sim::describe_fault(fault, describe_targets(fault), when);
}

std::string describe(const sim::ChoiceAnswer& choice, const sim::Participants& participants) {
    if (auto of_swarm = describe_swarm(choice); !of_swarm.empty()) return of_swarm;
    const auto actor = choice.id.actor < participants.all.size()
                           ? participants.name(choice.id.actor)
                           : fmt::format("actor {}", choice.id.actor);
    const std::uint64_t number = choice.id.ordinal + 1;
    return fmt::format("message {} of {} {}", number, actor, sim::sentence_of(choice.id.kind));
}

std::vector<std::string> describe_run(const sim::Scenario& scenario, const sim::ChoiceList& choices,
                                      const sim::Participants& participants) {
    std::vector<std::string> out;
    for (const sim::ActorGroup& group : scenario.actors) {
        out.push_back(fmt::format("{} \"{}\" ({}) takes part",
                                  plural(group.count, word(group.role)), group.name,
                                  group.strategy));
        if (group.count != 1) out.back().replace(out.back().rfind("takes"), 5, "take");
    }
    out.push_back(plural(scenario.workload.tasks, "task") +
                  (scenario.workload.tasks == 1 ? " is" : " are") + " submitted");
    for (const sim::FaultPlan& fault : scenario.faults) out.push_back(describe(fault));
    for (const sim::ChoiceAnswer& choice : choices) out.push_back(describe(choice, participants));
    return out;
}

std::size_t run_action_count(const sim::Scenario& scenario, const sim::ChoiceList& choices) {
    std::size_t count = scenario.workload.tasks + scenario.faults.size() + choices.size();
    for (const sim::ActorGroup& group : scenario.actors) count += group.count;
    return count;
}

}  // namespace aivm::scenarios
