// Setting a scenario's keys by name, outside its file: --set, AIVMSIM_* variables, flags, sweeps.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/file/units.h"
#include "sim/scenario/scenario.h"

namespace aivm::scenarios {

// Who gave a key its value. A later one wins over an earlier one.
enum class OriginKind : std::uint8_t { kDefault, kFile, kEnvironment, kSet, kFlag };

struct Override {
    OriginKind kind = OriginKind::kSet;
    // as the user wrote it, for messages: "--set tasks.count=5", "AIVMSIM_TASKS__COUNT"
    std::string label;
    // "tasks.count", "provider.lazy.speed", "provider.lazy.parameters.rate", "fault.0.at"
    std::string key;
    std::string value;  // without quotes: "5", "30m", "1/100", "NA,EU"
};

// Every key that can be set in this scenario: the table's, and those of the groups and faults it
// has.
std::vector<std::string> known_keys(const sim::Scenario& scenario);

// Sets one key through the field table. The scenario is unchanged when there is a problem. Values
// that do not go together are found by check_with_profiles, after the last override.
Parsed<void> set_key(sim::Scenario& scenario, std::string_view key, std::string_view value);

// "tasks.count=5" taken apart; a problem when there is no "=" or no key. The key is not looked up
// yet.
Parsed<Override> parse_override(std::string_view assignment);

// parse_override and set_key.
Parsed<void> apply_override(sim::Scenario& scenario, std::string_view assignment);

// The overrides among "NAME=value" strings: AIVMSIM_VM__SLASH_BPS=5000 sets vm.slash_bps. Only
// names with "__" behind the prefix are keys of a scenario; the others belong to the command line.
std::vector<Override> environment_overrides(std::span<const std::string> environment);

}  // namespace aivm::scenarios
