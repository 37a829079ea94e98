#include "scenarios/cli/strategy_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/file/names.h"

namespace aivm::scenarios::cli {
namespace {

std::vector<std::string> names_of_role(sim::Role role) {
    std::vector<std::string> out;
    for (const StrategyRow* row : strategies()) {
        const bool plays = (role == sim::Role::kProvider && row->provider != nullptr) ||
                           (role == sim::Role::kChallenger && row->challenger != nullptr) ||
                           (role == sim::Role::kValidator && row->validator != nullptr) ||
                           (role == sim::Role::kRequester && row->requester != nullptr);
        if (plays) out.emplace_back(row->name);
    }
    return out;
}

sim::ScenarioProblem problem(const sim::ActorGroup& group, std::string message,
                             std::string remedy) {
    return {sim::ProblemKind::kError,
            {sim::group_key(group, "strategy"), sim::group_key(group, "name")},
            std::move(message),
            std::move(remedy)};
}

// Those of one group that has a strategy of its role.
std::vector<sim::ScenarioProblem> problems_of(const sim::Scenario& scenario,
                                              const sim::ActorGroup& group) {
    sim::Scenario alone = scenario;
    alone.actors = {group};
    alone.faults.clear();
    const std::string where = fmt::format("{}.{}: ", word(group.role), group.name);
    std::vector<sim::ScenarioProblem> out;
    for (std::string sentence : check_strategies(alone)) {
        if (sentence.starts_with(where)) sentence.erase(0, where.size());
        out.push_back(
            problem(group, std::move(sentence),
                    fmt::format("aivmsim explain {} lists its parameters", group.strategy)));
    }
    return out;
}

}  // namespace

std::vector<sim::ScenarioProblem> strategy_problems(const sim::Scenario& scenario) {
    std::vector<sim::ScenarioProblem> out;
    for (const sim::ActorGroup& group : scenario.actors) {
        const std::vector<std::string> names = names_of_role(group.role);
        if (std::ranges::find(names, group.strategy) == names.end()) {
            out.push_back(problem(
                group,
                fmt::format("no {} strategy is called \"{}\"", word(group.role), group.strategy),
                suggest(group.strategy, names)));
            continue;
        }
        for (sim::ScenarioProblem& one : problems_of(scenario, group))
            out.push_back(std::move(one));
    }
    for (sim::ScenarioProblem& one : check_deviations(scenario)) out.push_back(std::move(one));
    return out;
}

}  // namespace aivm::scenarios::cli
