#include "scenarios/run/counterfactual.h"

#include <algorithm>

#include "scenarios/adversaries/strategy_table.h"
#include "sim/actors/strategy.h"

namespace aivm::scenarios {
namespace {

void make_honest(sim::ActorGroup& group) {
    const StrategyRow* row = find_strategy(group.strategy);
    const bool absent = group.role == sim::Role::kRequester && row != nullptr && row->only_attacks;
    const std::uint32_t parts = row == nullptr ? 1 : identities_in_place_of_one(*row, group);
    group.stake = group.stake.checked_times(parts).value_or(group.stake);
    group.bond = group.bond.checked_times(parts).value_or(group.bond);
    group.count /= parts;
    group.strategy = absent ? "absent" : "honest";
    group.parameters.clear();
}

bool ended_by_itself(const sim::Outcome& outcome) {
    return outcome.status != sim::RunStatus::kInterrupted &&
           outcome.status != sim::RunStatus::kBudget &&
           std::ranges::all_of(outcome.violations, &sim::Violation::expected);
}

std::int64_t payoff_of(const sim::Outcome& outcome, const sim::Owner& owner) {
    std::int64_t sum = 0;
    for (std::uint32_t i = 0; i < owner.members; ++i)
        sum += outcome.payoffs.at(owner.first_principal + i).total_nlux();
    return sum;
}

// Nothing on a chain.
std::optional<double> time_to_settled(const sim::Outcome& outcome) {
    const sim::Number mean = outcome.metric("tts_mean");
    const auto* const seconds = std::get_if<double>(&mean);
    const bool is_number = seconds != nullptr && *seconds >= 0;  // not NaN
    return is_number ? std::optional(*seconds) : std::nullopt;
}

}  // namespace

std::vector<sim::Owner> owners_of(const sim::Setting& setting) {
    return sim::owners_of(sim::groups_of(setting.scenario), *setting.strategies);
}

sim::Scenario with_honest(const sim::Scenario& scenario, const sim::Owner& owner) {
    sim::Scenario honest = scenario;
    for (sim::ActorGroup& group : honest.actors) {
        if (sim::owner_label(group) != owner.label) continue;
        if (group.name == honest.chain.censor_payer)
            honest.chain.censorship = sim::CensorshipModel::kNone;
        make_honest(group);
    }
    return honest;
}

Result<std::vector<sim::CounterfactualRow>> compare_with_honest(
    const sim::Scenario& scenario, const std::vector<sim::Owner>& owners, const RunOptions& options,
    const sim::Outcome& outcome) {
    std::vector<sim::CounterfactualRow> rows;
    if (!ended_by_itself(outcome)) return rows;
    RunOptions honest_options = options;
    honest_options.counterfactual = false;
    honest_options.events = false;
    honest_options.choices = nullptr;
    for (const sim::Owner& owner : owners) {
        if (owner.honest) continue;
        AIVM_ASSIGN(const sim::Outcome honest,
                    run_scenario(with_honest(scenario, owner), honest_options));
        if (!ended_by_itself(honest)) return std::vector<sim::CounterfactualRow>{};
        sim::CounterfactualRow& row = rows.emplace_back();
        row.owner = static_cast<std::uint32_t>(rows.size() - 1);
        row.label = owner.label;
        row.strategy = owner.strategy;
        row.members = owner.members;
        row.payoff_nlux = payoff_of(outcome, owner);
        row.honest_payoff_nlux = payoff_of(honest, owner);
        row.tts_mean_s = time_to_settled(outcome);
        row.honest_tts_mean_s = time_to_settled(honest);
    }
    return rows;
}

}  // namespace aivm::scenarios
