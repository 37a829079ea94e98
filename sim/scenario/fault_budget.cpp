#include "sim/scenario/fault_budget.h"

#include <algorithm>
#include <limits>
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

Amount total_of(const std::vector<Amount>& stakes) {
    return std::accumulate(stakes.begin(), stakes.end(), Amount());
}

// How many validators of equal stake fluctuate as much: one over the sum of the squared shares.
std::uint32_t equal_validators(const std::vector<Amount>& stakes) {
    const auto total = static_cast<double>(total_of(stakes).nlux());
    double squares = 0;
    for (const Amount stake : stakes) {
        const double share = total > 0 ? static_cast<double>(stake.nlux()) / total : 0;
        squares += share * share;
    }
    constexpr double kRounding = 1e-9;
    return squares > 0 ? static_cast<std::uint32_t>(1 / squares + kRounding) : 0;
}

}  // namespace

FaultTolerance fault_tolerance(const Scenario& scenario, const std::vector<Amount>& stakes) {
    const std::uint32_t validators = equal_validators(stakes);
    if (validators == 0) return {};
    const auto tolerance = engine_row(scenario.chain.consensus).tolerance;
    if (tolerance == nullptr) return {.faulty = (validators - 1) / 3};
    const std::uint64_t interval = std::max<std::uint64_t>(scenario.chain.block_interval_ns, 1);
    return tolerance(scenario.chain, validators, scenario.run.max_time_ns / interval);
}

Amount less_than_a_third(const std::vector<Amount>& stakes) {
    const std::uint64_t total = total_of(stakes).nlux();
    return total == 0 ? Amount() : Amount((total - 1) / 3);
}

Amount fault_budget(const Scenario& scenario, const std::vector<Amount>& stakes) {
    const std::uint64_t total = total_of(stakes).nlux();
    if (total == 0) return {};
    if (engine_row(scenario.chain.consensus).tolerance == nullptr) return less_than_a_third(stakes);
    const std::uint32_t validators = equal_validators(stakes);
    const std::uint32_t faulty = fault_tolerance(scenario, stakes).faulty;
    return Amount(total / validators * faulty + total % validators * faulty / validators);
}

bool is_byzantine(const ActorGroup& group) {
    return group.role == Role::kValidator && group.strategy != "honest";
}

std::vector<bool> byzantine_validators(const Scenario& scenario) {
    std::vector<bool> out;
    for (const ActorGroup& group : groups_of(scenario)) {
        if (group.role == Role::kValidator) out.insert(out.end(), group.count, is_byzantine(group));
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
    const FaultTraits& traits = traits_of(plan.kind);
    if (!traits.forgets && !traits.deviates) return std::nullopt;
    const EngineRow& engine = engine_row(chain.consensus);
    const bool keeps_silent =
        (engine.voting != nullptr || engine.of_dag) && traits.domain == FaultDomain::kDisk;
    if (keeps_silent || traits.deviates)
        return Outage{plan.at_ns, std::numeric_limits<std::uint64_t>::max(), std::move(validators)};
    return Outage{plan.at_ns, plan.at_ns + duration_of(plan, chain) + kForgetfulNs,
                  std::move(validators)};
}

bool may_lose_the_only_copy(const FaultPlan& plan, const ChainSettings& chain,
                            std::uint32_t validator) {
    return is_sole_proposer(chain, validator) && traits_of(plan.kind).loses_data;
}

bool is_sole_proposer(const ChainSettings& chain, std::uint32_t validator) {
    return engine_row(chain.consensus).sole_proposer && validator == 0;
}

std::optional<BudgetExcess> find_excess(const std::vector<Outage>& outages,
                                        const std::vector<bool>& byzantine,
                                        const std::vector<Amount>& stakes, Amount budget) {
    if (const Amount sum = stake_of(byzantine, stakes); sum > budget)
        return BudgetExcess{std::nullopt, 0, sum};
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
