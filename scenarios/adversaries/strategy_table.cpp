#include "scenarios/adversaries/strategy_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>

#include "core/base/check.h"
#include "scenarios/file/names.h"

namespace aivm::scenarios {
namespace {

// clang-format off
#define AIVM_STRATEGY_ADDRESS(row) &row,
constexpr std::array kStrategies{AIVM_STRATEGIES(AIVM_STRATEGY_ADDRESS)};
#undef AIVM_STRATEGY_ADDRESS
// clang-format on

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

std::string names_for(sim::Role role) {
    std::string out;
    for (const StrategyRow* row : kStrategies) {
        if (plays(*row, role)) out += fmt::format("{}{}", out.empty() ? "" : ", ", row->name);
    }
    return out;
}

// The problem with one group, or nothing.
std::vector<std::string> check_group(const sim::ActorGroup& group) {
    const std::string where = fmt::format("{}.{}", word(group.role), group.name);
    const StrategyRow* row = find_strategy(group.strategy);
    if (row == nullptr || !plays(*row, group.role)) {
        return {fmt::format("{}: no {} strategy is called '{}'; there are {}", where,
                            word(group.role), group.strategy, names_for(group.role))};
    }
    std::vector<std::string> problems;
    for (const auto& [name, value] : group.parameters) {
        const auto known = std::ranges::find(row->parameters, name, &StrategyParameter::name);
        if (known == row->parameters.end()) {
            problems.push_back(fmt::format("{}: {} has no parameter '{}'", where, row->name, name));
        } else if (value < known->minimum || value > known->maximum) {
            problems.push_back(fmt::format("{}: {} = {} is outside {} to {} {}", where, name, value,
                                           known->minimum, known->maximum, known->unit));
        }
    }
    const std::uint32_t parts = problems.empty() ? identities_in_place_of_one(*row, group) : 1;
    if (group.count % parts != 0)
        problems.push_back(fmt::format("{}: count = {} is no multiple of identities = {}", where,
                                       group.count, parts));
    return problems;
}

template <class Strategy>
Result<std::unique_ptr<Strategy>> make(const sim::ActorGroup& group,
                                       const sim::StrategyContext& context,
                                       Maker<Strategy> StrategyRow::* maker) {
    if (const auto problems = check_group(group); !problems.empty())
        return fail(ErrorCode::kConfig, problems.front());
    const StrategyRow& row = *find_strategy(group.strategy);
    return (row.*maker)(Parameters(row.parameters, group.parameters), context);
}

struct Flaw {
    std::string problem;
    std::string remedy;
};

// "snowman, bft or another": the engines of a chain whose validators exchange votes.
std::string engines_decided_together() {
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < sim::kEngines.size(); ++i)
        if (sim::kEngines[i]->is_decided_together()) names.push_back(words<sim::ConsensusKind>[i]);
    const std::string_view last = names.back();
    names.pop_back();
    return fmt::format("{} or {}", fmt::join(names, ", "), last);
}

// Why a strategy of validators does nothing in the scenario, or nothing.
std::optional<Flaw> misfit(const StrategyRow& row, const sim::Scenario& scenario) {
    const bool is_full = scenario.run.fidelity == sim::Fidelity::kFull;
    const sim::EngineRow& engine = sim::engine_row(scenario.chain.consensus);
    const bool on_dag_too = row.on_dag == OnDag::kToo && engine.of_dag;
    const auto only = [&](std::string_view where, std::string_view consensus) {
        return Flaw{fmt::format("{} does something only {}", row.name, where),
                    fmt::format("set run.fidelity to full{}{}",
                                consensus.empty() ? "" : " and chain.consensus to ", consensus)};
    };
    if (row.on_dag == OnDag::kOnly) {
        if (is_full && engine.of_dag) return std::nullopt;
        return only("on a DAG", "avalanche");
    }
    if (row.polled && !(is_full && (engine.polls || on_dag_too))) {
        return only("where validators vote",
                    row.on_dag == OnDag::kToo ? "snowman or avalanche" : "snowman");
    }
    if (row.in_consensus && !(is_full && (engine.is_decided_together() || on_dag_too)))
        return only("where validators decide together", engines_decided_together());
    if (row.on_machines && !is_full) return only("where validators are machines", "");
    return std::nullopt;
}

// What speaks against a strategy as that of a byzantine fault, or nothing.
std::optional<Flaw> flaw_of_deviation(const std::string& name, const sim::Scenario& scenario) {
    const StrategyRow* row = find_strategy(name);
    std::vector<std::string> deviations;
    for (const StrategyRow* each : kStrategies) {
        if (each->validator != nullptr && !each->honest && !each->runs_twice)
            deviations.emplace_back(each->name);
    }
    if (row == nullptr)
        return Flaw{fmt::format("there is no strategy \"{}\"", name), suggest(name, deviations)};
    if (row->validator == nullptr) {
        return Flaw{fmt::format("{} is no strategy of validators", name),
                    suggest(name, deviations)};
    }
    if (row->honest) return Flaw{fmt::format("{} breaks no rule", name), suggest(name, deviations)};
    if (row->runs_twice) {
        return Flaw{fmt::format("{} runs an identity twice, which cannot begin during a run", name),
                    "make it the strategy of a [[validator]] group"};
    }
    return misfit(*row, scenario);
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

std::vector<sim::ScenarioProblem> check_deviations(const sim::Scenario& scenario) {
    std::vector<sim::ScenarioProblem> problems;
    for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
        const std::string& name = scenario.faults[i].strategy;
        if (name.empty() || !sim::traits_of(scenario.faults[i].kind).deviates) continue;
        if (auto flaw = flaw_of_deviation(name, scenario)) {
            problems.push_back({sim::ProblemKind::kError,
                                {sim::fault_key(i, "strategy"), sim::fault_key(i, "kind")},
                                std::move(flaw->problem),
                                std::move(flaw->remedy)});
        }
    }
    return problems;
}

std::vector<std::string> check_strategies(const sim::Scenario& scenario) {
    std::vector<std::string> problems;
    for (const sim::ActorGroup& group : scenario.actors) {
        const auto of_group = check_group(group);
        problems.insert(problems.end(), of_group.begin(), of_group.end());
        if (!of_group.empty() || group.role != sim::Role::kValidator) continue;
        const StrategyRow& row = *find_strategy(group.strategy);
        if (const auto flaw = misfit(row, scenario)) {
            problems.push_back(fmt::format("{}.{}: {}; {}", word(group.role), group.name,
                                           flaw->problem, flaw->remedy));
        }
    }
    for (const sim::ScenarioProblem& flaw : check_deviations(scenario))
        problems.push_back(fmt::format("{}: {}; {}", flaw.keys.front(), flaw.message, flaw.remedy));
    return problems;
}

}  // namespace aivm::scenarios
