#include "core/verification/tee.h"

#include "core/base/mutant.h"
#include "core/registry/attestation.h"

namespace aivm {

bool is_freshly_attested(const VmParameters& parameters, const Provider& provider, TrustMoment at) {
    if (AIVM_MUTANT(early_use)) return true;
    return provider.hardware_attested && evidence_counts(parameters.config, provider, at.now_ns) &&
           trust_of(parameters, provider, at) >= parameters.config.min_trust_score;
}

bool may_use_early(const Transition& t, const Task& task, ProviderIndex provider) {
    return task.mode == VerificationMode::kTee &&
           is_freshly_attested(t.parameters(), t.read_provider(provider),
                               {t.block().height, t.block().timestamp_ns});
}

}  // namespace aivm
