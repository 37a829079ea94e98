#include "sim/scenario/fault_budget.h"

#include <algorithm>
#include <numeric>

#include "sim/scenario/participants.h"

namespace aivm::sim {
namespace {

Amount stake_of(const std::vector<bool>& members, const std::vector<Amount>& stakes) {
    Amount sum;
    for (std::size_t i = 0; i < stakes.size(); ++i) {
        if (members[i]) sum += stakes[i];
    }
    return sum;
}

}  // namespace

Amount fault_budget(const std::vector<Amount>& stakes) {
    const Amount total = std::accumulate(stakes.begin(), stakes.end(), Amount());
    return total.is_zero() ? Amount() : Amount((total.nlux() - 1) / 3);
}

std::vector<bool> byzantine_validators(const Scenario& scenario) {
    std::vector<bool> out;
    for (const ActorGroup& group : groups_of(scenario)) {
        if (group.role == Role::kValidator)
            out.insert(out.end(), group.count, group.strategy != "honest");
    }
    out.resize(scenario.chain.validators);
    return out;
}

ValidatorNames::ValidatorNames(const Scenario& scenario) {
    for (const ActorGroup& group : groups_of(scenario)) {
        const std::uint32_t count = group.role == Role::kValidator ? group.count : 0;
        groups_.emplace(group.name, Range{validators_, count});
        validators_ += count;
    }
}

std::vector<std::uint32_t> ValidatorNames::of(const std::string& name) const {
    Range range;
    const auto group = groups_.find(name);
    if (group != groups_.end()) {
        range = group->second;
    } else if (name == word(Role::kValidator)) {
        range = {0, validators_};
    } else if (const auto index = validator_index(name); index && *index < validators_) {
        range = {*index, 1};
    }
    std::vector<std::uint32_t> out(range.count);
    std::iota(out.begin(), out.end(), range.first);
    return out;
}

std::vector<std::uint32_t> ValidatorNames::hit_by(const FaultPlan& plan) const {
    std::vector<std::uint32_t> out = plan.validators;
    for (const std::string& name : plan.all_group_names()) {
        const std::vector<std::uint32_t> more = of(name);
        out.insert(out.end(), more.begin(), more.end());
    }
    std::ranges::sort(out);
    const auto repeated = std::ranges::unique(out);
    out.erase(repeated.begin(), repeated.end());
    return out;
}

std::optional<Outage> outage_of(const FaultPlan& plan, const ChainSettings& chain,
                                std::vector<std::uint32_t> validators) {
    if (!traits_of(plan.kind).forgets) return std::nullopt;
    return Outage{plan.at_ns, plan.at_ns + duration_of(plan, chain) + kForgetfulNs,
                  std::move(validators)};
}

std::optional<BudgetExcess> find_excess(const std::vector<Outage>& outages,
                                        const std::vector<bool>& byzantine,
                                        const std::vector<Amount>& stakes) {
    const Amount budget = fault_budget(stakes);
    std::vector<std::size_t> by_time(outages.size());
    std::iota(by_time.begin(), by_time.end(), std::size_t{0});
    std::ranges::stable_sort(by_time, {}, [&](std::size_t i) { return outages[i].from_ns; });
    // What is faulty grows only when an outage begins.
    for (const std::size_t begun : by_time) {
        const std::uint64_t now = outages[begun].from_ns;
        std::vector<bool> faulty = byzantine;
        for (const std::size_t other : by_time) {
            if (outages[other].from_ns > now || outages[other].until_ns <= now) continue;
            for (const std::uint32_t validator : outages[other].validators)
                faulty.at(validator) = true;
        }
        if (const Amount sum = stake_of(faulty, stakes); sum > budget)
            return BudgetExcess{begun, now, sum};
    }
    return std::nullopt;
}

}  // namespace aivm::sim
