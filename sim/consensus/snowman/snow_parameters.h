// The numbers that decide how safe and how fast Snow consensus is.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/error.h"
#include "sim/scenario/engines.h"
#include "sim/scenario/snow_settings.h"

namespace aivm::sim {

struct SnowThresholds {
    std::uint32_t alpha_preference = 15;  // votes that change the preference; more than half of k
    std::uint32_t alpha_confidence = 15;  // votes that make a poll count
    std::uint32_t beta = 20;              // consecutive polls that decide
};

struct SnowParameters : SnowThresholds {
    std::uint32_t k = 20;  // size of a sample
    SnowInstanceKind instance = SnowInstanceKind::kTree;
    SnowSampling sampling = SnowSampling::kStakeUnits;
    std::uint32_t concurrent_polls = 4;
    // Number of undecided blocks at which the node stops building.
    std::uint32_t optimal_processing = 10;
    // Undecided blocks from which it drops further bodies: of all proposers, and of one.
    std::uint32_t max_processing = 256;
    std::uint32_t max_per_proposer = 32;
    // Twice the smoothed latency of answers, between these; before the first answer the initial
    // one.
    std::uint64_t poll_timeout_initial_ns = 5'000'000'000;
    std::uint64_t poll_timeout_min_ns = 2'000'000'000;
    std::uint64_t poll_timeout_max_ns = 10'000'000'000;
};

// The size of a sample among `validators`, of which one is the node itself. Distinct validators are
// at most validators - 1.
std::uint32_t effective_k(const SnowParameters& parameters, std::size_t validators);

// Everything that makes the parameters unsafe or unable to decide: alpha_preference not above half
// of the effective k, alpha_confidence below alpha_preference or above the effective k, a zero
// beta, poll count or timeout.
std::vector<EngineProblem> problems(const SnowParameters& parameters, std::size_t validators);

// Fails with the first of the problems.
Status check(const SnowParameters& parameters, std::size_t validators);

}  // namespace aivm::sim
