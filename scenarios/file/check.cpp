#include "scenarios/file/check.h"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/file/latencies.h"
#include "scenarios/file/liveness_notes.h"
#include "scenarios/file/names.h"
#include "scenarios/profiles/stake.h"
#include "sim/invariants/invariant.h"
#include "sim/scenario/check_scenario.h"
#include "sim/scenario/fault_budget.h"

namespace aivm::scenarios {
namespace {

using sim::ProblemKind;
using sim::ScenarioProblem;

ScenarioProblem problem_of(const LatencyProblem& found) {
    const std::string key =
        found.link ? sim::link_key(*found.link, "latency") : std::string("network.latency");
    std::vector<std::string> keys = {key};
    if (found.link) keys.push_back(sim::link_key(*found.link, "from"));
    return {ProblemKind::kUnrunnable, keys, found.problem.message, found.problem.remedy};
}

std::optional<ScenarioProblem> check_stakes(const sim::Scenario& scenario) {
    const std::string& stake = scenario.chain.stake;
    if (find_stake_profile(stake) != nullptr) return std::nullopt;
    return ScenarioProblem{ProblemKind::kUnrunnable,
                           {"chain.stake"},
                           fmt::format("there is no stake profile \"{}\"", stake),
                           suggest(stake, stake_profile_names())};
}

// Ids that look like an invariant's, which check_scenario accepts, and that no invariant has.
std::vector<ScenarioProblem> check_expected(const sim::Scenario& scenario) {
    std::vector<std::string> known;
    for (const sim::InvariantInfo& info : sim::invariant_infos()) known.emplace_back(info.id);
    std::vector<ScenarioProblem> out;
    for (const std::string& id : scenario.expected_violations) {
        const bool looks_like_one =
            id.size() > 1 && id[0] >= 'A' && id[0] <= 'Z' && id[1] >= '0' && id[1] <= '9';
        if (!looks_like_one || std::ranges::find(known, id) != known.end()) continue;
        const std::string near = nearest_name(id, known);
        out.push_back({ProblemKind::kError,
                       {"expect"},
                       fmt::format("there is no invariant {}", id),
                       (near.empty() ? "" : fmt::format("did you mean {}? ", near)) +
                           "aivmsim list invariants names all of them"});
    }
    return out;
}

// Whether the scenario's stakes matter to its checks: they are many numbers.
bool has_budget(const sim::Scenario& scenario) {
    return !scenario.faults.empty() || scenario.swarm.enabled ||
           std::ranges::any_of(scenario.actors, sim::is_byzantine);
}

}  // namespace

std::vector<ScenarioProblem> check_with_profiles(const sim::Scenario& scenario) {
    std::vector<ScenarioProblem> out;
    sim::RegionMap regions;
    const auto latencies = resolve_latencies(scenario);
    if (latencies) {
        regions.profile = scenario.network.latency;
        regions.names = latencies->region_names;
        regions.validator_regions = latencies->validator_regions;
    } else {
        out.push_back(problem_of(latencies.error()));
    }
    for (ScenarioProblem& unknown : check_expected(scenario)) out.push_back(std::move(unknown));
    if (auto unknown = check_stakes(scenario)) {
        out.push_back(*std::move(unknown));
    } else if (has_budget(scenario)) {
        const auto stakes = profile_stakes(scenario.chain.stake, scenario.chain.validators);
        if (stakes) regions.stakes = *stakes;
    }
    for (auto& problem : sim::check_scenario(scenario, latencies ? &regions : nullptr)) {
        if (!problem.unknown.empty() || !problem.known.empty())
            problem.remedy = suggest(problem.unknown, problem.known);
        out.push_back(std::move(problem));
    }
    const bool can_be_built = std::ranges::none_of(
        out, [](const ScenarioProblem& one) { return one.kind != ProblemKind::kNote; });
    if (latencies && can_be_built) {
        if (const auto found = find_link_problem(scenario, *latencies))
            out.push_back(problem_of(*found));
    }
    if (latencies) {
        for (ScenarioProblem& note : liveness_notes(scenario, *latencies))
            out.push_back(std::move(note));
    }
    return out;
}

}  // namespace aivm::scenarios
