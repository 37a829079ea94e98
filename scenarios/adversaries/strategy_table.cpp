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

// Rows name only the roles that they play.
constexpr std::array kStrategies{
    StrategyRow{.name = "honest",
                .honest = true,
                .doc = "computes and answers truly; checks every answer; submits its share; includes everything",
                .provider = make_honest_provider,
                .challenger = make_always_check,
                .requester = make_honest_requester,
                .validator = make_honest_validator},
    StrategyRow{.name = "always_check",
                .honest = true,
                .doc = "re-runs every posted result and challenges the wrong ones",
                .challenger = make_always_check},
    StrategyRow{.name = "lazy_guess",
                .id = "A01",
                .doc = "returns the most common answer without computing",
                .parameters = kLazyParameters,
                .provider = make_lazy_guess},
    StrategyRow{.name = "frivolous_challenger",
                .id = "A12",
                .doc = "challenges correct results",
                .parameters = kFrivolousParameters,
                .challenger = make_frivolous_challenger},
    StrategyRow{.name = "censoring_proposer",
                .id = "A17",
                .doc = "leaves fraud proofs out of its blocks",
                .parameters = kCensorParameters,
                .validator = make_censoring_proposer},
    StrategyRow{.name = "unbond_escape",
                .id = "A25",
                .doc = "posts a wrong result and asks to leave at once",
                .parameters = kEscapeParameters,
                .provider = make_unbond_escape},
};

bool plays(const StrategyRow& row, std::string_view role) {
    if (role == "provider") return row.provider != nullptr;
    if (role == "challenger") return row.challenger != nullptr;
    if (role == "validator") return row.validator != nullptr;
    return row.requester != nullptr;
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

template <class Strategy>
Result<std::unique_ptr<Strategy>> make(const sim::ActorGroup& group, const sim::Part& part,
                                       Maker<Strategy> StrategyRow::* maker) {
    if (const auto faults = check_group(group); !faults.empty()) return fail(ErrorCode::kConfig, faults.front());
    const StrategyRow& row = *find_strategy(group.strategy);
    return (row.*maker)(Parameters(row.parameters, group.parameters), part);
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
                                                                       const sim::Part& part) const {
    return make(group, part, &StrategyRow::provider);
}

Result<std::unique_ptr<sim::ChallengerStrategy>> StrategyTable::challenger(const sim::ActorGroup& group,
                                                                           const sim::Part& part) const {
    return make(group, part, &StrategyRow::challenger);
}

Result<std::unique_ptr<sim::RequesterStrategy>> StrategyTable::requester(const sim::ActorGroup& group,
                                                                         const sim::Part& part) const {
    return make(group, part, &StrategyRow::requester);
}

Result<std::unique_ptr<sim::ValidatorStrategy>> StrategyTable::validator(const sim::ActorGroup& group,
                                                                         const sim::Part& part) const {
    return make(group, part, &StrategyRow::validator);
}

bool StrategyTable::is_honest(const sim::ActorGroup& group) const {
    const StrategyRow* row = find_strategy(group.strategy);
    return row != nullptr && row->honest;
}

bool StrategyTable::watches_pending(const sim::ActorGroup& group) const {
    const StrategyRow* row = find_strategy(group.strategy);
    return row != nullptr && row->watches_pending;
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
