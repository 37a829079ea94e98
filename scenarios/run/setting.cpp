#include "scenarios/run/setting.h"

#include <fmt/format.h>

#include "scenarios/adversaries/check_strategies.h"
#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/file/latencies.h"
#include "scenarios/profiles/stake.h"

namespace aivm::scenarios {
namespace {

const StrategyTable kStrategyTable;

}  // namespace

Result<sim::Setting> make_setting(const sim::Scenario& scenario,
                                  const sim::StrategyFactory* strategies) {
    if (strategies == nullptr) {
        std::vector<std::string> problems;
        for (const auto& one : check_strategies(scenario)) problems.push_back(problem_text(one));
        if (!problems.empty())
            return fail(ErrorCode::kConfig, fmt::format("{}", fmt::join(problems, "; ")));
    }
    const auto latencies = resolve_latencies(scenario);
    if (!latencies) return fail(ErrorCode::kNotFound, latencies.error().problem.message);
    sim::Setting setting;
    setting.scenario = scenario;
    AIVM_ASSIGN(setting.stakes, profile_stakes(scenario.chain.stake, scenario.chain.validators));
    setting.latency = latencies->network;
    setting.link_latencies = latencies->links;
    setting.region_names = latencies->region_names;
    setting.validator_regions = latencies->validator_regions;
    setting.client_regions = latencies->client_regions;
    setting.strategies = strategies != nullptr ? strategies : &kStrategyTable;
    return setting;
}

}  // namespace aivm::scenarios
