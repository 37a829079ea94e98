#include "scenarios/run/run_words.h"

#include <fmt/format.h>

#include "core/config/config_json.h"

namespace aivm::scenarios {
namespace {

std::string targets_words(const sim::FaultPlan& fault) {
    std::vector<std::string> targets = fault.regions;
    targets.insert(targets.end(), fault.groups.begin(), fault.groups.end());
    for (const std::uint32_t validator : fault.validators)
        targets.push_back(fmt::format("validator[{}]", validator));
    return fmt::format("{}", fmt::join(targets, ", "));
}

std::string plural(std::uint64_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string clock_words(const sim::FaultPlan& fault) {
    return fmt::format("{} and {} ppm {}", print_duration(fault.skew_ns), fault.drift_ppm,
                       fault.behind ? "behind" : "ahead");
}

}  // namespace

std::string fault_words(const sim::FaultPlan& fault) {
    const std::string from = print_duration(fault.at_ns);
    const bool until_restart = sim::ends_with_restart(fault.kind) && fault.duration_ns == 0;
    const std::string when =
        until_restart
            ? fmt::format("at {}", from)
            : fmt::format("from {} to {}", from, print_duration(fault.at_ns + fault.duration_ns));
    const std::string whom = targets_words(fault);
    switch (fault.kind) {
        case sim::FaultKind::kPartition:
            return fmt::format("partition of {} {}", whom, when);
        case sim::FaultKind::kOneWay:
            return fmt::format("nothing gets out of {} {}", whom, when);
        case sim::FaultKind::kSlowNode:
            return fmt::format("messages of {} take {} longer {}", whom,
                               print_duration(fault.delay_ns), when);
        case sim::FaultKind::kCrash:
            return fmt::format("crash of {} {}", whom, when);
        case sim::FaultKind::kClogged:
            return fmt::format("{} send and receive {} bits a second {}", whom, fault.bandwidth_bps,
                               when);
        case sim::FaultKind::kFlapping:
            return fmt::format("links of {} are down and up, {} a turn, {}", whom,
                               print_duration(fault.period_ns), when);
        case sim::FaultKind::kEclipse:
            return fmt::format("{} hear and say nothing {}", whom, when);
        case sim::FaultKind::kClock:
            return fmt::format("clocks of {} are {} {}", whom, clock_words(fault), when);
        case sim::FaultKind::kSlowDisk:
            return fmt::format("writes of {} take {} {}", whom, print_duration(fault.delay_ns),
                               when);
        case sim::FaultKind::kFailedWrite:
            return fmt::format("the next write of {} fails {}", whom, when);
        case sim::FaultKind::kTornWrite:
            return fmt::format("{} die in their next write {}", whom, when);
        case sim::FaultKind::kBitRot:
            return fmt::format("a stored value of {} rots {}", whom, when);
    }
    return "";
}

std::string choice_words(const sim::ChoiceAnswer& choice, const sim::Directory& directory) {
    const auto actor = choice.id.actor < directory.agents.size()
                           ? directory.name(choice.id.actor)
                           : fmt::format("actor {}", choice.id.actor);
    const std::uint64_t number = choice.id.ordinal + 1;
    switch (choice.id.kind) {
        case sim::ChoiceKind::kMessageLoss:
            return fmt::format("message {} of {} is lost", number, actor);
        case sim::ChoiceKind::kMessageDuplicate:
            return fmt::format("message {} of {} arrives twice", number, actor);
        case sim::ChoiceKind::kMessageReorder:
            return fmt::format("message {} of {} is overtaken", number, actor);
        case sim::ChoiceKind::kCount_:
            break;
    }
    return "";
}

std::vector<std::string> run_words(const sim::Scenario& scenario, const sim::ChoiceList& choices,
                                   const sim::Directory& directory) {
    std::vector<std::string> out;
    for (const sim::ActorGroup& group : scenario.actors) {
        out.push_back(fmt::format("{} \"{}\" ({}) takes part", plural(group.count, group.role),
                                  group.name, group.strategy));
        if (group.count != 1) out.back().replace(out.back().rfind("takes"), 5, "take");
    }
    out.push_back(plural(scenario.workload.tasks, "task") +
                  (scenario.workload.tasks == 1 ? " is" : " are") + " submitted");
    for (const sim::FaultPlan& fault : scenario.faults) out.push_back(fault_words(fault));
    for (const sim::ChoiceAnswer& choice : choices) out.push_back(choice_words(choice, directory));
    return out;
}

std::size_t run_action_count(const sim::Scenario& scenario, const sim::ChoiceList& choices) {
    std::size_t count = scenario.workload.tasks + scenario.faults.size() + choices.size();
    for (const sim::ActorGroup& group : scenario.actors) count += group.count;
    return count;
}

}  // namespace aivm::scenarios
