// From a scenario to a setting: profiles and strategies looked up by name.
#pragma once

#include "core/base/error.h"
#include "sim/scenario/setting.h"

namespace aivm::scenarios {

// Errors: a profile or strategy nobody knows, or parameters out of their range; all of them in one
// text. `strategies` takes the place of the strategy table, and then sees to its own names and
// parameters; it outlives the setting.
Result<sim::Setting> make_setting(const sim::Scenario& scenario,
                                  const sim::StrategyFactory* strategies = nullptr);

}  // namespace aivm::scenarios
