// From the text of a scenario file to a Scenario, or to everything that is wrong with it. Values
// come, in rising precedence, from: the defaults of the struct, the file, AIVMSIM_* variables,
// --set, flags.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "scenarios/file/diagnostic.h"
#include "scenarios/file/override.h"
#include "sim/scenario/scenario.h"

namespace aivm::scenarios {

// Where a key's value was given; a key without one has its default.
struct Origin {
    OriginKind kind = OriginKind::kDefault;
    std::string label;         // the file's name, or the override as the user wrote it
    std::uint32_t line = 0;    // in the file; 0 for an override
    std::uint32_t column = 0;  // of the key
    std::uint32_t width = 1;   // of the key
};

struct LoadedScenario {
    sim::Scenario scenario;
    std::map<std::string, Origin> origins;  // by dotted key; groups by name, faults by position
    std::string source;                     // what errors call the file
    std::string text;                       // of the file, as read: a recording keeps it
    Diagnostics notes;                      // nothing wrong, but worth knowing
};

using Loaded = tl::expected<LoadedScenario, Diagnostics>;

// Either a scenario whose every value is in range and that passes check_with_profiles with the
// overrides applied, or every error found, in the order of the text, those of overrides last. Any
// bytes are accepted as `text`.
Loaded load_scenario_text(std::string_view text, std::string_view source,
                          std::span<const Override> overrides = {});

// The same from a file of at most kMaxFileBytes. One error when it is missing, a directory,
// unreadable or too large.
Loaded load_scenario_file(const std::filesystem::path& path,
                          std::span<const Override> overrides = {});

}  // namespace aivm::scenarios
