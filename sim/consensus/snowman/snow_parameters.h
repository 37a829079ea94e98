// The numbers that decide how safe and how fast Snow consensus is.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/error.h"
#include "sim/scenario/engines.h"

namespace aivm::sim {

struct SnowParameters {
    std::uint32_t k = 20;                 // validators asked per poll; fewer when there are fewer
    std::uint32_t alpha_preference = 15;  // votes that change the preference; more than half of k
    std::uint32_t alpha_confidence = 15;  // votes that make a poll count
    std::uint32_t beta = 20;              // consecutive polls that decide
    std::uint32_t concurrent_polls = 4;
    // Number of undecided blocks at which the node stops building.
    std::uint32_t optimal_processing = 10;
    std::uint32_t max_processing = 256;  // undecided blocks from which it drops further bodies
    std::uint64_t poll_timeout_ns = 2'000'000'000;
};

// The sample size among `validators`, of which one is the node itself: min(k, validators - 1).
std::uint32_t effective_k(const SnowParameters& parameters, std::size_t validators);

// Everything that makes the parameters unsafe or unable to decide: alpha_preference not above half
// of the effective k, alpha_confidence below alpha_preference or above the effective k, a zero
// beta, poll count or timeout.
std::vector<EngineProblem> problems(const SnowParameters& parameters, std::size_t validators);

// Fails with the first of the problems.
Status check(const SnowParameters& parameters, std::size_t validators);

}  // namespace aivm::sim
