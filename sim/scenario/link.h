// Directed links as a scenario describes them: overrides of [network] for some of the links.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/describe.h"

namespace aivm::sim {

// Whose messages wait for each other where bandwidth is limited: those of one sender, or those of
// one link.
enum class BandwidthOf : std::uint8_t { kUplink, kLink };
constexpr auto enum_words(BandwidthOf) {
    return std::to_array<std::string_view>({"uplink", "link"});
}

// An override for the links from some participants to others. Of several that name a link, the last
// one that sets a quantity counts.
struct LinkRule {
    // Names of roles, groups and regions; empty, without validators: all participants.
    std::vector<std::string> from;
    std::vector<std::uint32_t> from_validators;
    std::vector<std::string> to;
    std::vector<std::uint32_t> to_validators;
    bool both_ways = false;              // also the links back
    std::optional<std::string> latency;  // a profile's name, or a duration
    std::optional<std::uint64_t> jitter_ns;
    std::optional<std::uint64_t> bandwidth_bps;
    std::optional<std::uint64_t> queue_bytes;
    std::optional<std::uint32_t> loss_ppm;
    std::optional<std::uint32_t> duplicate_ppm;
    std::optional<std::uint32_t> reorder_ppm;
    std::optional<std::uint64_t> reorder_delay_ns;
    std::optional<std::uint32_t> corrupt_ppm;
};

}  // namespace aivm::sim
