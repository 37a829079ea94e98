#include "scenarios/adversaries/check_strategies.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/file/names.h"

namespace aivm::scenarios {
namespace {

// Makes the problems of one group.
class GroupProblems {
public:
    explicit GroupProblems(const sim::ActorGroup& group) : group_(group) {}

    // `keys` without those of the group, the one most likely to be changed first. The strategy
    // stands for a key that is not written, and the name for a strategy that is not.
    void add(std::vector<std::string> keys, std::string message, std::string remedy) {
        for (std::string& key : keys) key = sim::group_key(group_, key);
        keys.push_back(sim::group_key(group_, "strategy"));
        keys.push_back(sim::group_key(group_, "name"));
        out_.push_back(
            {sim::ProblemKind::kError, std::move(keys), std::move(message), std::move(remedy)});
    }
    [[nodiscard]] bool empty() const { return out_.empty(); }
    std::vector<sim::ScenarioProblem> take() { return std::move(out_); }

private:
    const sim::ActorGroup& group_;
    std::vector<sim::ScenarioProblem> out_;
};

std::vector<std::string> names_of_role(sim::Role role) {
    std::vector<std::string> out;
    for (const StrategyRow* row : strategies()) {
        if (plays(*row, role)) out.emplace_back(row->name);
    }
    return out;
}

// The nearest parameter, or how to find out which there are.
std::string remedy_for_parameter(const StrategyRow& row, std::string_view name) {
    std::vector<std::string> known;
    for (const StrategyParameter& each : row.parameters) known.emplace_back(each.name);
    if (known.empty()) return fmt::format("leave it out: {} has no parameters", row.name);
    if (const std::string near = nearest_name(name, known); !near.empty())
        return fmt::format("did you mean \"{}\"?", near);
    return fmt::format("aivmsim explain {} lists its parameters", row.name);
}

void check_parameters(const StrategyRow& row, const sim::ActorGroup& group, GroupProblems& out) {
    for (const auto& [name, value] : group.parameters) {
        const std::vector<std::string> keys{"parameters." + name, "parameters"};
        const auto known = std::ranges::find(row.parameters, name, &StrategyParameter::name);
        if (known == row.parameters.end()) {
            out.add(keys, fmt::format("{} has no parameter \"{}\"", row.name, name),
                    remedy_for_parameter(row, name));
        } else if (value < known->minimum || value > known->maximum) {
            out.add(keys,
                    fmt::format("{} = {} is outside {} to {}{}{}", name, value, known->minimum,
                                known->maximum, known->unit.empty() ? "" : " ", known->unit),
                    fmt::format("aivmsim explain {} lists its parameters", row.name));
        }
    }
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
    for (const StrategyRow* each : strategies()) {
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

std::vector<sim::ScenarioProblem> check_strategy_of(const sim::ActorGroup& group) {
    GroupProblems out(group);
    const StrategyRow* row = find_strategy(group.strategy);
    if (row == nullptr || !plays(*row, group.role)) {
        out.add({},
                fmt::format("no {} strategy is called \"{}\"", word(group.role), group.strategy),
                suggest(group.strategy, names_of_role(group.role)));
        return out.take();
    }
    check_parameters(*row, group, out);
    const std::uint32_t parts = out.empty() ? identities_in_place_of_one(*row, group) : 1;
    if (group.count % parts != 0) {
        out.add({"count", "parameters.identities", "parameters"},
                fmt::format("count = {} is no multiple of identities = {}", group.count, parts),
                "change one of them");
    }
    return out.take();
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

std::vector<sim::ScenarioProblem> check_strategies(const sim::Scenario& scenario) {
    std::vector<sim::ScenarioProblem> out;
    for (const sim::ActorGroup& group : scenario.actors) {
        std::vector<sim::ScenarioProblem> of_group = check_strategy_of(group);
        if (of_group.empty() && group.role == sim::Role::kValidator) {
            GroupProblems more(group);
            if (auto flaw = misfit(*find_strategy(group.strategy), scenario))
                more.add({}, std::move(flaw->problem), std::move(flaw->remedy));
            of_group = more.take();
        }
        std::ranges::move(of_group, std::back_inserter(out));
    }
    std::ranges::move(check_deviations(scenario), std::back_inserter(out));
    return out;
}

std::string problem_text(const sim::ScenarioProblem& problem) {
    return fmt::format("{}: {}; {}", problem.keys.front(), problem.message, problem.remedy);
}

}  // namespace aivm::scenarios
