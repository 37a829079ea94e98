// Sets keys of a scenario by name, outside its file: --set, AIVMSIM_* variables, flags, sweeps.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/file/units.h"
#include "sim/scenario/scenario.h"

namespace aivm::scenarios {

// The source of a value. A later one overrides an earlier one.
enum class OriginKind : std::uint8_t { kDefault, kFile, kEnvironment, kSet, kFlag };

struct Override {
    OriginKind kind = OriginKind::kSet;
    // as the user wrote it, for messages: "--set tasks.count=5", "AIVMSIM_TASKS__COUNT"
    std::string label;
    // "tasks.count", "provider.lazy.speed", "provider.lazy.parameters.rate", "fault.0.at"
    std::string key;
    std::string value;  // without quotes: "5", "30m", "1/100", "NA,EU"
};

// Every key that can be set in this scenario: those of the table, and those of its groups and
// faults.
std::vector<std::string> known_keys(const sim::Scenario& scenario);

// Sets one key through the field table. On a problem the scenario is unchanged. Inconsistent values
// are found by check_with_profiles, after the last override.
Parsed<void> set_key(sim::Scenario& scenario, std::string_view key, std::string_view value);

// Splits "tasks.count=5"; a problem if there is no "=" or no key. The key is not looked up.
Parsed<Override> parse_override(std::string_view assignment);

// parse_override, then set_key.
Parsed<void> apply_override(sim::Scenario& scenario, std::string_view assignment);

// The overrides among "NAME=value" strings: AIVMSIM_VM__SLASH_BPS=5000 sets vm.slash_bps. Only
// names with "__" after the prefix are keys of a scenario; the others belong to the command line.
std::vector<Override> environment_overrides(std::span<const std::string> environment);

}  // namespace aivm::scenarios
