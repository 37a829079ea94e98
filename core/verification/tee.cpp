#include "core/verification/tee.h"

#include "core/registry/attestation.h"

namespace aivm {

bool is_freshly_attested(const Config& config, const Provider& provider, TimestampNs now_ns) {
    return provider.hardware_attested && provider.trust_score >= config.min_trust_score &&
           evidence_counts(config, provider, now_ns);
}

bool may_use_early(const Transition& t, const Task& task, ProviderIndex provider) {
    return task.mode == VerificationMode::kTee &&
           is_freshly_attested(t.config(), t.read_provider(provider), t.block().timestamp_ns);
}

}  // namespace aivm
