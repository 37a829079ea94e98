// The kinds of Snow instances and samples, and the parameter sets of deployed networks by name.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/base/describe.h"

namespace aivm::sim {

// How one instance chooses among siblings: bit by bit over their ids, or each id for itself
// (sim/consensus/snowman/snow_tree.h).
enum class SnowInstanceKind : std::uint8_t { kTree, kFlat };
constexpr auto enum_words(SnowInstanceKind) {
    return std::to_array<std::string_view>({"tree", "flat"});
}

// What a poll draws without replacement: units of stake, so that a validator can be drawn several
// times and its answer counts as often; or validators.
enum class SnowSampling : std::uint8_t { kStakeUnits, kDistinct };
constexpr auto enum_words(SnowSampling) {
    return std::to_array<std::string_view>({"stake_units", "distinct"});
}

enum class SnowPresetName : std::uint8_t {
    kNone,
    kAvalancheMainnet,
    kAvalancheDag,
    kLuxDefault,
    kLuxMainnet,
    kLuxTestnet,
    kLuxLocal,
};
constexpr auto enum_words(SnowPresetName) {
    return std::to_array<std::string_view>({"none", "avalanche-mainnet", "avalanche-dag",
                                            "lux-default", "lux-mainnet", "lux-testnet",
                                            "lux-local"});
}

// The parameters of a deployed network. Its DAG's beta_virtuous and beta_rogue are equal where only
// one is published.
struct SnowPreset {
    std::uint32_t k = 0;
    std::uint32_t alpha_preference = 0;
    std::uint32_t alpha_confidence = 0;
    std::uint32_t beta = 0;
    std::uint32_t beta_virtuous = 0;
    std::uint32_t beta_rogue = 0;
    std::uint64_t block_interval_ns = 0;  // 0: the network does not fix one
};

// In the order of the names, without kNone.
inline constexpr std::array kSnowPresets{
    SnowPreset{20, 15, 15, 20, 20, 20, 0},
    SnowPreset{20, 15, 15, 20, 15, 20, 0},
    SnowPreset{20, 14, 14, 14, 14, 20, 100'000'000},
    SnowPreset{21, 15, 15, 14, 15, 20, 200'000'000},
    SnowPreset{11, 8, 8, 8, 8, 8, 100'000'000},
    SnowPreset{3, 2, 2, 2, 2, 2, 1'000'000},
};
static_assert(kSnowPresets.size() + 1 == enum_count<SnowPresetName>);

// Requires a name other than kNone.
constexpr const SnowPreset& snow_preset(SnowPresetName name) {
    return kSnowPresets.at(static_cast<std::size_t>(name) - 1);
}

}  // namespace aivm::sim
