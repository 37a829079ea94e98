// One-way latencies between regions. The numbers themselves are data of the scenarios.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace aivm::sim {

struct LatencyTable {
    std::uint32_t regions = 1;
    std::vector<std::uint64_t> mean_ns = {0};  // [from * regions + to], each below 2^48

    [[nodiscard]] std::uint64_t mean(std::uint32_t from, std::uint32_t to) const {
        return mean_ns[std::size_t{from} * regions + to];
    }
};

}  // namespace aivm::sim
