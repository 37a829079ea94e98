// Trust that a provider earns by its answers, under the policy trust_from_history.
//
// Each answer that becomes final earns trust_from_history points. One point is lost every
// trust_decay_blocks, as water leaves a bucket with a hole, and all of them with an answer that is
// proven wrong. So a provider keeps a score only by answering faster than it decays: with answers
// every T blocks on average, where trust_from_history x trust_decay_blocks > T.
//
// Provider::earned_until is all that is stored: the block in which the last point is lost.
#pragma once

#include "core/config/config.h"
#include "core/state/provider.h"

namespace aivm {

// At most kTrustPointsMax; 0 unless the policy is on.
std::uint32_t earned_points(const Policy& policy, const Provider& provider, Height at);

// An answer of the provider became final in this block.
void earn_trust(const Policy& policy, Provider& provider, Height at);

// When and how trust is looked at.
struct TrustMoment {
    Height height = 0;
    TimestampNs now_ns = 0;
};

// The points of evidence that counts (evidence_counts) and the earned ones, at most
// kTrustPointsMax.
std::uint32_t trust_of(const VmParameters& parameters, const Provider& provider, TrustMoment at);

}  // namespace aivm
