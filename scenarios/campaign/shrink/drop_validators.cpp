#include <algorithm>
#include <charconv>
#include <map>

#include "scenarios/campaign/shrink/shrink_elements.h"
#include "scenarios/campaign/shrink/shrink_passes.h"

namespace aivm::scenarios {
namespace {

// The new index of each validator that is kept, by its old one.
using NewIndex = std::map<std::uint32_t, std::uint32_t>;

void renumber(std::vector<std::string>& names, const NewIndex& index) {
    std::vector<std::string> out;
    for (const std::string& name : names) {
        std::uint32_t old = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), old);
        if (error != std::errc() || end != name.data() + name.size()) {
            out.push_back(name);  // of a group or a region
        } else if (const auto found = index.find(old); found != index.end()) {
            out.push_back(std::to_string(found->second));
        }
    }
    names = std::move(out);
}

// Returns whether the fault has a target left.
bool renumber(sim::FaultPlan& fault, const NewIndex& index) {
    std::vector<std::uint32_t> validators;
    for (const std::uint32_t old : fault.validators)
        if (const auto found = index.find(old); found != index.end())
            validators.push_back(found->second);
    fault.validators = std::move(validators);
    for (std::vector<std::string>& side : fault.groups) renumber(side, index);
    std::erase_if(fault.groups, [](const auto& side) { return side.empty(); });
    return !fault.validators.empty() || !fault.groups.empty() || !fault.regions.empty();
}

// Choices about messages name their sender; actors are numbered with the validators first.
void renumber(sim::ChoiceList& choices, const NewIndex& index, std::uint32_t validators) {
    sim::ChoiceList out;
    const auto removed = validators - static_cast<std::uint32_t>(index.size());
    for (sim::ChoiceAnswer choice : choices) {
        if (choice.id.kind >= sim::ChoiceKind::kSwarmPresent) {
            out.push_back(choice);  // names a kind of fault
        } else if (choice.id.actor >= validators) {
            choice.id.actor -= removed;
            out.push_back(choice);
        } else if (const auto found = index.find(choice.id.actor); found != index.end()) {
            choice.id.actor = found->second;
            out.push_back(choice);
        }
    }
    choices = std::move(out);
}

void keep_validators(RunPlan& plan, const std::vector<std::size_t>& kept) {
    NewIndex index;
    for (const std::size_t old : kept) {
        const auto next = static_cast<std::uint32_t>(index.size());
        index[static_cast<std::uint32_t>(old)] = next;
    }
    renumber(plan.choices, index, plan.scenario.chain.validators);
    plan.scenario.chain.validators = static_cast<std::uint32_t>(index.size());
    std::erase_if(plan.scenario.faults,
                  [&](sim::FaultPlan& fault) { return !renumber(fault, index); });
}

bool has_validator_groups(const RunPlan& plan) {
    return std::ranges::any_of(plan.scenario.actors, [](const sim::ActorGroup& group) {
        return group.role == sim::Role::kValidator;
    });
}

}  // namespace

void drop_validators(RunSearch& search) {
    // Groups of validators are positions in the list of validators too.
    if (has_validator_groups(search.best())) return;
    // Every second one first, which keeps the proportions of a partition.
    while (!search.over()) {
        RunPlan candidate = search.best();
        std::vector<std::size_t> even;
        for (std::size_t i = 0; i < candidate.scenario.chain.validators; i += 2) even.push_back(i);
        if (even.size() < 2) break;
        keep_validators(candidate, even);
        if (!search.attempt(std::move(candidate))) break;
    }
    const RunPlan whole = search.best();
    std::vector<std::size_t> all(whole.scenario.chain.validators);
    std::iota(all.begin(), all.end(), std::size_t{0});
    (void)sim::shrink(all, search.budget(), [&](const std::vector<std::size_t>& kept) {
        if (kept.empty()) return std::optional<std::vector<std::size_t>>();
        RunPlan candidate = whole;
        keep_validators(candidate, kept);
        return search.attempt(std::move(candidate)) ? std::optional(kept) : std::nullopt;
    });
}

}  // namespace aivm::scenarios
