#include "scenarios/file/check.h"

#include <fmt/format.h>

#include "scenarios/file/names.h"
#include "scenarios/profiles/latency.h"
#include "scenarios/profiles/stake.h"
#include "sim/scenario/check_scenario.h"

namespace aivm::scenarios {
namespace {

using sim::ProblemKind;
using sim::ScenarioProblem;

std::vector<ScenarioProblem> check_profiles(const sim::Scenario& scenario) {
    std::vector<ScenarioProblem> out;
    const std::string& latency = scenario.network.latency;
    if (find_latency_profile(latency) == nullptr) {
        out.push_back({ProblemKind::kUnrunnable,
                       {"network.latency"},
                       fmt::format("there is no latency profile \"{}\"", latency),
                       suggest(latency, latency_profile_names())});
    }
    const std::string& stake = scenario.chain.stake;
    if (find_stake_profile(stake) == nullptr) {
        out.push_back({ProblemKind::kUnrunnable,
                       {"chain.stake"},
                       fmt::format("there is no stake profile \"{}\"", stake),
                       suggest(stake, stake_profile_names())});
    }
    return out;
}

}  // namespace

std::vector<ScenarioProblem> check_with_profiles(const sim::Scenario& scenario) {
    std::vector<ScenarioProblem> out = check_profiles(scenario);
    sim::RegionMap regions;
    const LatencyProfile* const profile = find_latency_profile(scenario.network.latency);
    if (profile != nullptr) {
        regions.profile = profile->name;
        regions.names.assign(profile->regions.begin(), profile->regions.end());
        regions.validator_regions = assign_regions(*profile, scenario.chain.validators);
    }
    for (auto& problem : sim::check_scenario(scenario, profile == nullptr ? nullptr : &regions)) {
        if (!problem.unknown.empty() || !problem.known.empty())
            problem.remedy = suggest(problem.unknown, problem.known);
        out.push_back(std::move(problem));
    }
    return out;
}

}  // namespace aivm::scenarios
