#include "scenarios/adversaries/strategy_table.h"

#include <algorithm>
#include <array>

#include "core/base/check.h"
#include "scenarios/adversaries/check_strategies.h"

namespace aivm::scenarios {
namespace {

// clang-format off
#define AIVM_STRATEGY_ADDRESS(row) &row,
constexpr std::array kStrategies{AIVM_STRATEGIES(AIVM_STRATEGY_ADDRESS)};
#undef AIVM_STRATEGY_ADDRESS
// clang-format on

template <class Strategy>
Result<std::unique_ptr<Strategy>> make(const sim::ActorGroup& group,
                                       const sim::StrategyContext& context,
                                       Maker<Strategy> StrategyRow::* maker) {
    if (const auto problems = check_strategy_of(group); !problems.empty())
        return fail(ErrorCode::kConfig, problem_text(problems.front()));
    const StrategyRow& row = *find_strategy(group.strategy);
    return (row.*maker)(Parameters(row.parameters, group.parameters), context);
}

}  // namespace

std::int64_t Parameters::get(std::string_view name) const {
    if (const auto given = given_.find(std::string(name)); given != given_.end())
        return given->second;
    const auto known = std::ranges::find(known_, name, &StrategyParameter::name);
    AIVM_CHECK(known != known_.end());
    return known->default_value;
}

std::uint32_t identities_in_place_of_one(const StrategyRow& row, const sim::ActorGroup& group) {
    if (!row.splits) return 1;
    constexpr std::string_view kIdentities = "identities";
    const auto known = std::ranges::find(row.parameters, kIdentities, &StrategyParameter::name);
    if (known == row.parameters.end()) return group.count;
    return static_cast<std::uint32_t>(
        Parameters(row.parameters, group.parameters).get(kIdentities));
}

bool plays(const StrategyRow& row, sim::Role role) {
    switch (role) {
        case sim::Role::kProvider:
            return row.provider != nullptr;
        case sim::Role::kChallenger:
            return row.challenger != nullptr;
        case sim::Role::kValidator:
            return row.validator != nullptr;
        case sim::Role::kRequester:
            return row.requester != nullptr;
    }
    return false;
}

std::span<const StrategyRow* const> strategies() { return kStrategies; }

const StrategyRow* find_strategy(std::string_view name) {
    const auto found = std::ranges::find(kStrategies, name, &StrategyRow::name);
    return found == kStrategies.end() ? nullptr : *found;
}

Result<std::unique_ptr<sim::ProviderStrategy>> StrategyTable::provider(
    const sim::ActorGroup& group, const sim::StrategyContext& context) const {
    return make(group, context, &StrategyRow::provider);
}

Result<std::unique_ptr<sim::ChallengerStrategy>> StrategyTable::challenger(
    const sim::ActorGroup& group, const sim::StrategyContext& context) const {
    return make(group, context, &StrategyRow::challenger);
}

Result<std::unique_ptr<sim::RequesterStrategy>> StrategyTable::requester(
    const sim::ActorGroup& group, const sim::StrategyContext& context) const {
    return make(group, context, &StrategyRow::requester);
}

Result<std::unique_ptr<sim::ValidatorStrategy>> StrategyTable::validator(
    const sim::ActorGroup& group, const sim::StrategyContext& context) const {
    return make(group, context, &StrategyRow::validator);
}

bool StrategyTable::is_honest(const sim::ActorGroup& group) const {
    const StrategyRow* row = find_strategy(group.strategy);
    return row != nullptr && (row->honest || row->honest_as == group.role);
}

bool StrategyTable::watches_pending(const sim::ActorGroup& group) const {
    const StrategyRow* row = find_strategy(group.strategy);
    return row != nullptr && row->watches_pending;
}

}  // namespace aivm::scenarios
