// One-way latencies between regions. The numbers themselves are data of the scenarios.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace aivm::sim {

struct LatencyTable {
    std::uint32_t regions = 1;
    std::vector<std::uint64_t> mean_ns = {0};  // [from * regions + to], each below 2^48
    bool is_exact = false;  // every message takes the mean, not a time drawn around it

    [[nodiscard]] std::uint64_t mean(std::uint32_t from, std::uint32_t to) const {
        return mean_ns[std::size_t{from} * regions + to];
    }
};

// One latency for all links of `regions` regions.
inline LatencyTable uniform_latency(std::uint64_t latency_ns, std::uint32_t regions) {
    LatencyTable out;
    out.regions = regions;
    out.mean_ns.assign(std::size_t{regions} * regions, latency_ns);
    out.is_exact = true;
    return out;
}

}  // namespace aivm::sim
