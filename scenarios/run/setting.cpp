#include "scenarios/run/setting.h"

#include <fmt/format.h>

#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/profiles/latency.h"
#include "scenarios/profiles/stake.h"

namespace aivm::scenarios {
namespace {

const StrategyTable kStrategyTable;

}  // namespace

Result<sim::Setting> make_setting(const sim::Scenario& scenario,
                                  const sim::StrategyFactory* strategies) {
    if (const auto faults = check_strategies(scenario); strategies == nullptr && !faults.empty()) {
        return fail(ErrorCode::kConfig, fmt::format("{}", fmt::join(faults, "; ")));
    }
    const LatencyProfile* latency = find_latency_profile(scenario.network.latency);
    if (latency == nullptr)
        return fail(ErrorCode::kNotFound, "latency profile " + scenario.network.latency);
    sim::Setting setting;
    setting.scenario = scenario;
    AIVM_ASSIGN(setting.stakes, profile_stakes(scenario.chain.stake, scenario.chain.validators));
    setting.latency = latency_table(*latency);
    setting.region_names.assign(latency->regions.begin(), latency->regions.end());
    setting.validator_regions = assign_regions(*latency, scenario.chain.validators);
    setting.client_regions = assign_regions(*latency, sim::client_count(scenario));
    setting.strategies = strategies != nullptr ? strategies : &kStrategyTable;
    return setting;
}

}  // namespace aivm::scenarios
