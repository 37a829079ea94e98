#include "scenarios/profit/known_attacks.h"

#include <algorithm>
#include <set>

#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/profit/evaluator.h"
#include "scenarios/run/counterfactual.h"
#include "scenarios/run/setting.h"

namespace aivm::scenarios {
namespace {

constexpr const char* kKnownAttack = "known attack";
constexpr const char* kHonestPlay = "honest play";

// What the owner's groups play, and whether one of them splits.
bool describe(const sim::Scenario& scenario, KnownAttack& out) {
    bool splits = false;
    std::set<std::string> strategies;
    std::set<std::string> ids;
    for (const sim::ActorGroup& group : scenario.actors) {
        const StrategyRow* row = find_strategy(group.strategy);
        if (sim::owner_label(group) != out.owner || row == nullptr || row->honest) continue;
        strategies.insert(group.strategy);
        if (!row->id.empty()) ids.emplace(row->id);
        splits = splits || row->splits;
    }
    for (const std::string& one : strategies)
        out.strategies += (out.strategies.empty() ? "" : "+") + one;
    for (const std::string& one : ids) out.ids += (out.ids.empty() ? "" : "+") + one;
    return splits;
}

Status measure(const SearchSpace& space, const sim::Scenario& scenario,
               const ProfitOptions& options, KnownAttack& out) {
    EvaluatorOptions limits;
    limits.jobs = options.jobs;
    limits.stop = options.stop;
    AIVM_ASSIGN(const auto evaluator, Evaluator::open("", "", space.owner(), std::move(limits)));
    const auto known = std::make_shared<const sim::Scenario>(scenario);
    const auto honest = std::make_shared<const sim::Scenario>(space.honest());
    std::vector<RunPoint> points;
    const std::uint64_t first = first_fresh_seed(options.seed);
    for (std::uint64_t s = 0; s < options.fresh_seeds; ++s) {
        points.push_back({kKnownAttack, first + s, known});
        points.push_back({kHonestPlay, first + s, honest});
    }
    AIVM_ASSIGN(const bool all, evaluator->make(points));
    if (!all) return {};
    const auto owners = sim::owners_of(sim::groups_of(space.honest()), StrategyTable());
    const std::uint32_t members =
        std::ranges::find(owners, space.owner(), &sim::Owner::label)->members;
    for (std::uint64_t s = 0; s < options.fresh_seeds; ++s) {
        const RunPayoff& attack = evaluator->payoff(kKnownAttack, first + s);
        const RunPayoff& kept = evaluator->payoff(kHonestPlay, first + s);
        if (attack.ended && kept.ended)
            out.gain.add(static_cast<double>(attack.payoff_nlux - kept.payoff_nlux) / members);
    }
    out.interval = t_interval(out.gain, kProfitConfidence);
    return {};
}

}  // namespace

double KnownAttack::share_found() const {
    const Deviation* best = found.best();
    return best == nullptr || gain.mean() <= 0 ? 0 : best->gain.mean() / gain.mean();
}

Result<std::vector<std::string>> attackers_of(const sim::Scenario& scenario) {
    AIVM_ASSIGN(const sim::Setting setting, make_setting(scenario));
    std::vector<std::string> out;
    for (const sim::Owner& owner : owners_of(setting))
        if (!owner.honest) out.push_back(owner.label);
    return out;
}

Result<KnownAttack> find_again(const sim::Scenario& scenario, const std::string& owner,
                               const ProfitOptions& options, bool always) {
    KnownAttack out;
    out.scenario = scenario.name;
    out.owner = owner;
    const bool splits = describe(scenario, out);
    AIVM_ASSIGN(const SearchSpace space,
                SearchSpace::make(
                    scenario, owner,
                    splits ? std::vector<std::string>() : std::vector<std::string>{"identities"}));
    AIVM_TRY(measure(space, scenario, options, out));
    if (!out.pays() && !always) return out;
    AIVM_ASSIGN(out.found, search_profit(space, options));
    const Deviation* best = out.found.best();
    if (best == nullptr) return out;
    for (const auto& [index, level] : best->candidate) {
        const Primitive& primitive = space.primitives().at(index);
        out.deviation_names.push_back(primitive.parameter + "=" + std::to_string(level));
    }
    return out;
}

}  // namespace aivm::scenarios
