#include "core/service/attestation_json.h"
#include "core/service/routes.h"

namespace aivm {

// POST /attestation/verify. The request names no provider, so the evidence is checked for a
// provider named as device_id; at registration it must be for the provider that registers.
Result<Json> verify_attestation(Call& call) {
    ObjectReader in(call.body, "");
    const Json& attestation = in.any("gpu_attestation");
    AIVM_TRY(in.finish());
    AIVM_ASSIGN(const GpuEvidence evidence, read_gpu_attestation(attestation, "gpu_attestation"));
    const Rules& rules = call.node.rules();
    const DeviceStatus status = verify_gpu_attestation(
        evidence, evidence.device_id,
        {.authorizer = rules.authorizer, .vendor_root = rules.vendor_root, .now_ns = call.now_ns});
    return Json{{"verified", status.attested},
                {"trustScore", status.trust_score},
                {"mode", static_cast<int>(status.mode)},
                {"hardwareCC", status.hardware_cc}};
}

}  // namespace aivm
