// Attestation evidence for tests, signed by the test chain's vendor.
#pragma once

#include "core/registry/attestation.h"
#include "core/testing/test_chain.h"

namespace aivm::test {

GpuEvidence hardware_evidence();  // worth 100 points, the maximum
GpuEvidence software_evidence();  // worth 60 points, the maximum for software
GpuEvidence signed_evidence(GpuEvidence evidence, std::string_view provider);
// An Attest operation that carries the signed evidence.
op::Attest attestation(std::string_view provider, const GpuEvidence& evidence);

}  // namespace aivm::test
