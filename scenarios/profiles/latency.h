// Latency profiles: measured delays between regions, and the distribution of nodes over them. Each
// names its source.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/latency_table.h"

namespace aivm::scenarios {

struct LatencyProfile {
    std::string_view name;
    std::string_view source;  // where the figures were published
    std::span<const std::string_view> regions;
    // a region's share of the nodes; together kShareWhole
    std::span<const std::uint32_t> node_share;
    std::span<const std::uint64_t> mean_one_way_ns;  // row: from, column: to; regions x regions

    [[nodiscard]] std::uint64_t mean_ns(std::size_t from, std::size_t to) const {
        return mean_one_way_ns[from * regions.size() + to];
    }
};

inline constexpr std::uint32_t kShareWhole = 10'000;

std::span<const LatencyProfile> latency_profiles();
std::vector<std::string> latency_profile_names();
// nullptr if there is no such profile.
const LatencyProfile* find_latency_profile(std::string_view name);

// The means in the form that the network uses.
sim::LatencyTable latency_table(const LatencyProfile& profile);

// The region of each of `nodes` nodes: largest remainder over the shares, with at least one node
// per region (while there are enough nodes), spread evenly over the indexes so that the first
// nodes, which hold the largest stakes of a skewed profile, are not all in one region.
std::vector<std::uint32_t> assign_regions(const LatencyProfile& profile, std::uint32_t nodes);

}  // namespace aivm::scenarios
