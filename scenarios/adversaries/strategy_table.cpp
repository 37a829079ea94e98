#include "scenarios/adversaries/strategy_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/base/check.h"

namespace aivm::scenarios {
namespace {

constexpr std::array kLazyParameters{
    StrategyParameter{"guess_ppm", 0, 1'000'000, 1'000'000, "ppm", "share of tasks that are guessed, not computed"},
    StrategyParameter{"sample", 1, 4096, 256, "rows", "rows computed once, to learn the most common answer"},
};
constexpr std::array kEscapeParameters{
    StrategyParameter{"cheat_at", 0, 1'000'000, 0, "tasks", "tasks answered honestly before the wrong one"},
};
constexpr std::array kFrivolousParameters{
    StrategyParameter{"attack_ppm", 0, 1'000'000, 50'000, "ppm", "share of posted results that are attacked"},
};
constexpr std::array kCensorParameters{
    StrategyParameter{"censor_ppm", 0, 1'000'000, 1'000'000, "ppm", "share of its blocks that leave fraud proofs out"},
};

constexpr std::array kStrategies{
    StrategyRow{"honest",
                "",
                true,
                "computes and answers truly; checks every answer; includes everything",
                {},
                make_honest_provider,
                make_always_check,
                make_honest_validator,
                true},
    StrategyRow{"always_check",
                "",
                true,
                "re-runs every posted result and challenges the wrong ones",
                {},
                nullptr,
                make_always_check,
                nullptr,
                false},
    StrategyRow{"lazy_guess", "A01", false, "returns the most common answer without computing", kLazyParameters,
                make_lazy_guess, nullptr, nullptr, false},
    StrategyRow{"frivolous_challenger", "A12", false, "challenges correct results", kFrivolousParameters, nullptr,
                make_frivolous_challenger, nullptr, false},
    StrategyRow{"censoring_proposer", "A17", false, "leaves fraud proofs out of its blocks", kCensorParameters, nullptr,
                nullptr, make_censoring_proposer, false},
    StrategyRow{"unbond_escape", "A25", false, "posts a wrong result and asks to leave at once", kEscapeParameters,
                make_unbond_escape, nullptr, nullptr, false},
};

bool plays(const StrategyRow& row, std::string_view role) {
    if (role == "provider") return row.provider != nullptr;
    if (role == "challenger") return row.challenger != nullptr;
    if (role == "validator") return row.validator != nullptr;
    return row.requester;
}

std::string names_for(std::string_view role) {
    std::string out;
    for (const StrategyRow& row : kStrategies) {
        if (plays(row, role)) out += fmt::format("{}{}", out.empty() ? "" : ", ", row.name);
    }
    return out;
}

// What is wrong with one group, or nothing.
std::vector<std::string> check_group(const sim::ActorGroup& group) {
    const std::string where = fmt::format("{}.{}", group.role, group.name);
    const StrategyRow* row = find_strategy(group.strategy);
    if (row == nullptr || !plays(*row, group.role)) {
        return {fmt::format("{}: no {} strategy is called '{}'; there are {}", where, group.role, group.strategy,
                            names_for(group.role))};
    }
    std::vector<std::string> faults;
    for (const auto& [name, value] : group.parameters) {
        const auto known = std::ranges::find(row->parameters, name, &StrategyParameter::name);
        if (known == row->parameters.end()) {
            faults.push_back(fmt::format("{}: {} has no parameter '{}'", where, row->name, name));
        } else if (value < known->minimum || value > known->maximum) {
            faults.push_back(fmt::format("{}: {} = {} is outside {} to {} {}", where, name, value, known->minimum,
                                         known->maximum, known->unit));
        }
    }
    return faults;
}

template <class Made, class Maker>
Result<Made> make(const sim::ActorGroup& group, sim::RandomStream random, Maker StrategyRow::* maker) {
    if (const auto faults = check_group(group); !faults.empty()) return fail(ErrorCode::kConfig, faults.front());
    const StrategyRow& row = *find_strategy(group.strategy);
    return (row.*maker)(Parameters(row.parameters, group.parameters), random);
}

}  // namespace

std::int64_t Parameters::get(std::string_view name) const {
    if (const auto given = given_.find(std::string(name)); given != given_.end()) return given->second;
    const auto known = std::ranges::find(known_, name, &StrategyParameter::name);
    AIVM_CHECK(known != known_.end());
    return known->default_value;
}

std::span<const StrategyRow> strategies() { return kStrategies; }

const StrategyRow* find_strategy(std::string_view name) {
    const auto found = std::ranges::find(kStrategies, name, &StrategyRow::name);
    return found == kStrategies.end() ? nullptr : &*found;
}

Result<std::unique_ptr<sim::ProviderStrategy>> StrategyTable::provider(const sim::ActorGroup& group,
                                                                       sim::RandomStream random) const {
    return make<std::unique_ptr<sim::ProviderStrategy>>(group, random, &StrategyRow::provider);
}

Result<std::unique_ptr<sim::ChallengerStrategy>> StrategyTable::challenger(const sim::ActorGroup& group,
                                                                           sim::RandomStream random) const {
    return make<std::unique_ptr<sim::ChallengerStrategy>>(group, random, &StrategyRow::challenger);
}

Result<std::unique_ptr<sim::ValidatorStrategy>> StrategyTable::validator(const sim::ActorGroup& group,
                                                                         sim::RandomStream random) const {
    return make<std::unique_ptr<sim::ValidatorStrategy>>(group, random, &StrategyRow::validator);
}

bool StrategyTable::is_honest(const sim::ActorGroup& group) const {
    const StrategyRow* row = find_strategy(group.strategy);
    return row != nullptr && row->honest;
}

std::vector<std::string> check_strategies(const sim::Scenario& scenario) {
    std::vector<std::string> faults;
    for (const sim::ActorGroup& group : scenario.actors) {
        const auto of_group = check_group(group);
        faults.insert(faults.end(), of_group.begin(), of_group.end());
    }
    return faults;
}

}  // namespace aivm::scenarios
