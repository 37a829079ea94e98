#include "core/verification/tee.h"

namespace aivm {

bool is_freshly_attested(const Config& config, const Provider& provider, TimestampNs now_ns) {
    return provider.hardware_attested && provider.trust_score >= config.min_trust_score &&
           provider.attested_at_ns <= now_ns &&
           now_ns - provider.attested_at_ns <= config.attestation_timeout_ns;
}

void grant_early_use(Transition& t, TaskIndex index, ProviderIndex provider) {
    if (t.read_task(index).mode != VerificationMode::kTee) return;
    if (!is_freshly_attested(t.config(), t.read_provider(provider), t.block().timestamp_ns)) return;
    t.edit_task(index).usable_at = t.block().height;
    t.emit(event::UsableEarly{index, provider});
}

}  // namespace aivm
