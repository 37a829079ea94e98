// The TEE mode: a result by a provider with fresh, strong hardware attestation may be used at once.
// Nothing else changes: the bond stays locked, the window runs, a fraud proof still slashes and
// payment waits.
#pragma once

#include "core/state/transition.h"

namespace aivm {

// Whether the provider's attestation is by hardware, scores at least minTrustScore, and is fresh:
// made no longer than attestationTimeout before `now_ns`, by its own signed timestamp. The software
// path never is.
bool is_freshly_attested(const Config& config, const Provider& provider, TimestampNs now_ns);

// Marks a result of a TEE-mode task, posted in this block by `provider`, as usable from this block
// on if that holds.
void grant_early_use(Transition& t, TaskIndex task, ProviderIndex provider);

}  // namespace aivm
