// The published configuration as JSON, under its published tags: "maxProvidersPerNode",
// "minProviderBond" (nLUX, a number), "attestationTimeout" ("30s"), and so on.
#pragma once

#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/config/config.h"

namespace aivm {

// Every field, in the published order; durations in the largest units that fit, such as "1h30m".
std::string to_json(const Config& config);

// A missing key has its default. An unknown or repeated key, a value of the wrong type or out of
// its range, and text that is not a JSON object are errors that name the key (or the position) and
// what is expected.
Result<Config> config_from_json(std::string_view text);

// Durations as in the published configuration: a sequence of decimal numbers with the units h, m,
// s, ms, us, ns, such as "30s", "1h30m", "1.5s". Fractions of a nanosecond are truncated.
std::string print_duration(std::uint64_t nanoseconds);
Result<std::uint64_t> parse_duration(std::string_view text);

}  // namespace aivm
