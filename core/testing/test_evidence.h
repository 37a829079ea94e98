// Attestation evidence for tests, signed by the test chain's vendor.
#pragma once

#include "core/registry/attestation.h"
#include "core/testing/test_chain.h"

namespace aivm::test {

GpuEvidence hardware_evidence();  // worth the full 100 points
GpuEvidence software_evidence();  // worth the full 60
GpuEvidence signed_evidence(GpuEvidence evidence, std::string_view provider);
// An Attest operation that carries the signed evidence.
op::Attest attestation(std::string_view provider, const GpuEvidence& evidence);

}  // namespace aivm::test
