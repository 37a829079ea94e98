// The published configuration as JSON, under its published tags: "maxProvidersPerNode",
// "minProviderBond" (nLUX, a number), "attestationTimeout" ("30s"), and so on.
#pragma once

#include <string>
#include <string_view>

#include "core/config/config.h"

namespace aivm {

// Every field, in the published order; durations in the largest units that fit, such as "1h30m".
std::string to_json(const Config& config);

// A missing key takes its default. An unknown or repeated key, a value of the wrong kind or out of
// its range, or text that is no JSON object is an error that names the key (or the place) and what
// would be right.
Result<Config> config_from_json(std::string_view text);

// Durations as the published configuration writes them: decimal numbers with units out of h, m, s,
// ms, us, ns, one after the other: "30s", "1h30m", "1.5s". Anything finer than a nanosecond is cut
// off.
std::string print_duration(std::uint64_t nanoseconds);
Result<std::uint64_t> parse_duration(std::string_view text);

}  // namespace aivm
