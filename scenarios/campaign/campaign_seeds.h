// The seeds of a campaign.
#pragma once

#include <cstdint>

namespace aivm::scenarios {

// The seed of the campaign's run number `index`. For one campaign it is a bijection of the index
// (the finaliser of SplitMix64, applied to an arithmetic progression with an odd step), so no seed
// is used twice, however many jobs and shards share the campaign.
constexpr std::uint64_t seed_of_run(std::uint64_t campaign_seed, std::uint64_t index) {
    constexpr std::uint64_t kOddStep = 0x9E3779B97F4A7C15;
    std::uint64_t z = campaign_seed + (index + 1) * kOddStep;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

}  // namespace aivm::scenarios
