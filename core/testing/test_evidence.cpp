#include "core/testing/test_evidence.h"

#include <cstring>

#include "core/base/digest.h"

namespace aivm::test {

GpuEvidence hardware_evidence() {
    GpuEvidence e;
    e.device_id = "GPU-0";
    e.model = "NVIDIA H100 PCIe";
    e.nonce = salt_of("nonce");
    e.spdm_report = Bytes(256, 1);
    e.cc_enabled = e.tee_io_enabled = e.rim_verified = true;
    return e;
}

GpuEvidence software_evidence() {
    GpuEvidence e;
    e.mode = AttestationMode::kSoftware;
    e.device_id = "GPU-0";
    e.model = "NVIDIA GeForce RTX 5090";
    e.nonce = salt_of("nonce");
    e.benchmark_hash = salt_of("benchmark");
    e.benchmark_time_ms = 1200;
    e.driver_version = "570.86";
    e.provider_key = Bytes(32, 2);
    e.provider_signature = Bytes(64, 3);
    return e;
}

GpuEvidence signed_evidence(GpuEvidence evidence, std::string_view provider) {
    evidence.vendor_signature =
        TestAuthorizer::sign(address_of("vendor"), attestation_message(evidence, provider));
    return evidence;
}

op::Attest attestation(std::string_view provider, const GpuEvidence& evidence) {
    op::Attest out;
    out.provider_id = provider;
    out.evidence = encode_evidence(signed_evidence(evidence, provider));
    const Hash32 digest = keccak256(out.evidence);
    std::memcpy(out.attestation->tee_quote_digest, digest.data(), digest.size());
    out.attestation->attesting_key[0] = 1;
    return out;
}

}  // namespace aivm::test
