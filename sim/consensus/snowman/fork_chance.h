// How likely Snow consensus is to accept two blocks at one height: an upper estimate, computed.
//
// Two blocks contest a height, and the honest validators begin evenly split. The state of the model
// is how many of them prefer the first block, and the confidence of two observers: one that may
// decide for the first block, and one that may decide for the second. It advances in rounds; in a
// round every validator makes `concurrent_polls` polls, which all see the state of its beginning
// (synchronous_rounds.h is the same model, simulated). Byzantine validators are as harmful as they
// can be at all times: to each observer they confirm its block, and to all others they answer for
// the block that fewer prefer, to keep the split alive. The chance that both observers decide,
// times the number of pairs of honest validators, is the estimate.
//
// It is pessimistic: a validator that has decided may still be turned in the model, the adversary
// may give both answers at once, and the pairs are added as if they excluded each other. With
// little Byzantine stake it is within a factor of ten or so of what simulation shows
// (fork_chance_test.cpp); with more it bounds a far stronger adversary than any strategy here.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/consensus/snowman/snow_parameters.h"

namespace aivm::sim {

// Validators of equal stake.
struct ForkModel {
    SnowParameters snow;
    std::uint32_t validators = 0;
    std::uint32_t byzantine = 0;
};

// Polls after which the model ends: the recovery limit's safety factor, times what it expects of a
// decision (sim/invariants/recovery.h).
constexpr std::uint32_t fork_model_polls(const SnowParameters& snow) {
    return 4 * (snow.beta + 64);
}

// Of one contested height, at most 1. Requires valid parameters, and an honest validator. The model
// is bounded, so that it takes at most some seconds, and errs towards a fork: larger networks are
// computed as if their stake were held by 32 validators, whose split fluctuates more; more than 64
// votes per poll as 64 with thresholds in proportion, rounded down; a beta above 24 as 24.
double fork_chance(const ForkModel& model);

// The expected number of polls until an honest validator decides when all honest ones agree and the
// Byzantine ones do not answer.
double polls_to_decide(const ForkModel& model);

// The most validators that may be faulty at the same time: the chance of a fork in a run of
// `heights` heights, each contested, stays below 10^-9, and a decision takes no more polls than the
// model has. Where some observers may decide by another rule, `also`, the chance stays below that
// under both. A pure function; its results are kept for the next call.
FaultTolerance snow_tolerance(const SnowParameters& snow, std::uint32_t validators,
                              std::uint64_t heights,
                              const std::optional<SnowParameters>& also = std::nullopt);

}  // namespace aivm::sim
