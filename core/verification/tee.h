// The TEE mode: the result of a provider with fresh, strong hardware attestation may be used at
// once. Nothing else differs from the optimistic mode: the bond stays locked, the window runs, a
// fraud proof still slashes and payment waits.
#pragma once

#include "core/state/transition.h"

namespace aivm {

// Whether the provider's attestation is by hardware, scores at least min_trust_score, and was made
// no longer than attestation_timeout before `now_ns`, by its own signed timestamp. An attestation
// by software never is fresh.
bool is_freshly_attested(const Config& config, const Provider& provider, TimestampNs now_ns);

// Whether a result that `provider` posts in this block may be used from this block on.
bool may_use_early(const Transition& t, const Task& task, ProviderIndex provider);

}  // namespace aivm
