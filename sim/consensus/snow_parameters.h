// The numbers that decide how sure and how fast Snow consensus is, and the published sets of them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/error.h"

namespace aivm::sim {

struct SnowParameters {
    std::uint32_t k = 20;                 // validators asked a poll; fewer when there are fewer
    std::uint32_t alpha_preference = 15;  // votes that change the preference; more than half of k
    std::uint32_t alpha_confidence = 15;  // votes that make a poll count
    std::uint32_t beta = 20;              // consecutive polls that decide
    std::uint32_t concurrent_polls = 4;
    std::uint32_t optimal_processing = 10;  // with this many undecided the node builds no more
    std::uint32_t max_processing = 256;  // with this many undecided further bodies are turned away
    std::uint64_t poll_timeout_ns = 2'000'000'000;
};

// What is sampled from `validators` of which one is the node itself: min(k, validators - 1).
std::uint32_t effective_k(const SnowParameters& parameters, std::size_t validators);

// Refuses, naming the parameter, what could not be safe or never decide: alpha_preference not above
// half of the effective k, alpha_confidence below alpha_preference or above the effective k, a zero
// beta, poll count or timeout.
Status check(const SnowParameters& parameters, std::size_t validators);

// A published set. Block interval 0: the network does not fix one. beta_rogue is the DAG's, for
// vertices with conflicts.
struct SnowPreset {
    std::string_view name;
    std::uint32_t k;
    std::uint32_t alpha_preference;
    std::uint32_t alpha_confidence;
    std::uint32_t beta;
    std::uint32_t beta_virtuous;
    std::uint32_t beta_rogue;
    std::uint64_t block_interval_ns;
};

std::span<const SnowPreset> snow_presets();

// Nothing under that name is an error that lists the names there are.
Result<SnowParameters> preset_parameters(std::string_view name);

}  // namespace aivm::sim
