#include "core/registry/earned_trust.h"

#include <algorithm>

#include "core/registry/attestation.h"

namespace aivm {

std::uint32_t earned_points(const Policy& policy, const Provider& provider, Height at) {
    if (policy.trust_from_history == 0 || provider.earned_until <= at) return 0;
    const std::uint64_t left = provider.earned_until - at;
    const std::uint64_t points = (left - 1) / policy.trust_decay_blocks + 1;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(points, kTrustPointsMax));
}

void earn_trust(const Policy& policy, Provider& provider, Height at) {
    if (policy.trust_from_history == 0) return;
    const std::uint64_t earned = policy.trust_from_history * policy.trust_decay_blocks;
    const std::uint64_t most = at + kTrustPointsMax * policy.trust_decay_blocks;
    provider.earned_until = std::min(std::max(provider.earned_until, at) + earned, most);
}

std::uint32_t trust_of(const VmParameters& parameters, const Provider& provider, TrustMoment at) {
    const bool counts = evidence_counts(parameters.config, provider, at.now_ns);
    const std::uint32_t evidence = counts ? provider.trust_score : 0;
    return std::min(evidence + earned_points(parameters.policy, provider, at.height),
                    kTrustPointsMax);
}

}  // namespace aivm
