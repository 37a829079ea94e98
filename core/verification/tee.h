// The TEE mode: the result of a provider with fresh, strong hardware attestation may be used at
// once. Nothing else differs from the optimistic mode: the bond stays locked, the window runs, a
// fraud proof still slashes and payment waits.
#pragma once

#include "core/registry/earned_trust.h"
#include "core/state/transition.h"

namespace aivm {

// Whether the provider's attestation is by hardware, was made no longer than attestation_timeout
// before the moment, by its own signed timestamp, and the provider's trust is at least
// min_trust_score. An attestation by software never is fresh.
bool is_freshly_attested(const VmParameters& parameters, const Provider& provider, TrustMoment at);

// Whether a result that `provider` posts in this block may be used from this block on.
bool may_use_early(const Transition& t, const Task& task, ProviderIndex provider);

}  // namespace aivm
