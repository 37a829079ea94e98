// From a scenario to a setting: profiles and strategies looked up by name.
#pragma once

#include "core/base/error.h"
#include "sim/scenario/setting.h"

namespace aivm::scenarios {

// Errors: an unknown profile or strategy, or parameters out of range; all of them in one text.
// `strategies` replaces the strategy table and then checks its own names and parameters; it must
// outlive the setting.
Result<sim::Setting> make_setting(const sim::Scenario& scenario,
                                  const sim::StrategyFactory* strategies = nullptr);

}  // namespace aivm::scenarios
