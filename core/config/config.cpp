#include "core/config/config.h"

namespace aivm {

Config default_permissioned_config() {
    Config config;
    config.verification_mode = VerificationMode::kTee;
    config.require_tee_attestation = true;
    config.min_trust_score = 70;
    return config;
}

}  // namespace aivm
