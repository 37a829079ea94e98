// Loads a scenario file, or reports everything that is wrong with it. Values come, in rising
// precedence, from the defaults of the struct, the file, AIVMSIM_* variables, --set, and flags.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "scenarios/file/diagnostic.h"
#include "scenarios/file/override.h"
#include "scenarios/file/recorded.h"
#include "sim/scenario/check_scenario.h"
#include "sim/scenario/scenario.h"

namespace aivm::scenarios {

// Where the value of a key was set; a key without an origin has its default.
struct Origin {
    OriginKind kind = OriginKind::kDefault;
    std::string label;         // the name of the file, or the override as the user wrote it
    std::uint32_t line = 0;    // in the file; 0 for an override
    std::uint32_t column = 0;  // of the key
    std::uint32_t width = 1;   // of the key
};

struct LoadedScenario {
    sim::Scenario scenario;
    std::map<std::string, Origin> origins;  // by dotted key; groups by name, faults by position
    std::string source;                     // the name of the file in error messages
    std::string text;                       // of the file as read; recorded with each run
    Diagnostics notes;                      // not errors, but worth knowing
    std::optional<Recorded> recorded;       // of a file that repeats one run
};

using Loaded = tl::expected<LoadedScenario, Diagnostics>;

// Rules of rooms that this one does not know, such as the names of strategies; reported together
// with its own.
using FurtherRules = std::function<std::vector<sim::ScenarioProblem>(const sim::Scenario&)>;

// Returns either a scenario whose every value is in range and that passes check_with_profiles and
// the further rules with the overrides applied, or every error found, in the order of the text,
// those of overrides last. `text` may be any bytes.
Loaded load_scenario_text(std::string_view text, std::string_view source,
                          std::span<const Override> overrides = {},
                          const FurtherRules& further = {});

// The same from a file of at most kMaxFileBytes. One error when it is missing, a directory,
// unreadable or too large.
Loaded load_scenario_file(const std::filesystem::path& path,
                          std::span<const Override> overrides = {},
                          const FurtherRules& further = {});

}  // namespace aivm::scenarios
