// From a scenario to a setting: profiles and strategies looked up by name.
#pragma once

#include "core/base/error.h"
#include "sim/run/setting.h"

namespace aivm::scenarios {

// Errors: a profile or strategy nobody knows, or parameters out of their range; all of them in one text.
Result<sim::Setting> make_setting(const sim::Scenario& scenario);

}  // namespace aivm::scenarios
