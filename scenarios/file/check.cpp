#include "scenarios/file/check.h"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/file/latencies.h"
#include "scenarios/file/liveness_notes.h"
#include "scenarios/file/names.h"
#include "scenarios/profiles/stake.h"
#include "sim/scenario/check_scenario.h"

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

// Whether the scenario's stakes matter to its checks: they are many numbers.
bool has_budget(const sim::Scenario& scenario) {
    return !scenario.faults.empty() || scenario.swarm.enabled;
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
