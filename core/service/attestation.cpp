#include "core/service/attestation_json.h"
#include "core/service/routes.h"

namespace aivm {

// POST /attestation/verify {"gpu_attestation"} or {"cpu_attestation", "provider_id"}. The published
// request names no provider, so GPU evidence is checked for a provider named as device_id; at
// registration it must be for the provider that registers.
Result<Json> verify_attestation(Call& call) {
    ObjectReader in(call.body, "");
    const bool is_quote = in.has("cpu_attestation");
    const std::string key = is_quote ? "cpu_attestation" : "gpu_attestation";
    const Json& attestation = in.any(key);
    std::string provider_id = is_quote ? in.string("provider_id") : "";
    AIVM_TRY(in.finish());
    Bytes evidence;
    if (is_quote) {
        AIVM_ASSIGN(const AttestationQuote quote, read_quote(attestation, key));
        evidence = encode_evidence(quote);
    } else {
        AIVM_ASSIGN(const GpuEvidence gpu, read_gpu_attestation(attestation, key));
        evidence = encode_evidence(gpu);
        provider_id = gpu.device_id;
    }
    const auto status = check_encoded_evidence(evidence, provider_id,
                                               attestation_check(call.node.rules(), call.now_ns));
    return Json{{"verified", status.has_value()},
                {"trustScore", status ? status->trust_score : 0},
                {"mode", is_quote ? 0 : attestation.at("mode").get<int>()},
                {"hardwareCC", status && status->hardware_cc}};
}

}  // namespace aivm
