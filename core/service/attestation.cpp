#include <cstring>

#include "core/base/digest.h"
#include "core/service/attestation_json.h"
#include "core/service/keys.h"
#include "core/service/routes.h"

namespace aivm {
namespace {

// The evidence in a request's body, under the name that it has there.
struct Evidence {
    std::string key;
    const Json* json = nullptr;
    Bytes encoded;
    std::string device_id;  // empty for the quote of a CPU, which names none
    TimestampNs timestamp_ns = 0;
    // Of the device whose slot in the kernel's table the evidence renews: a provider has one for
    // each GPU, and one for each type of enclave.
    Hash32 device_key;

    [[nodiscard]] bool is_quote() const { return key == "cpu_attestation"; }
};

Evidence find_evidence(ObjectReader& in) {
    Evidence out;
    out.key = in.has("cpu_attestation") ? "cpu_attestation" : "gpu_attestation";
    out.json = &in.any(out.key);
    return out;
}

// To be called once the body's own members are known to be right.
Status read_evidence(Evidence& evidence) {
    if (evidence.is_quote()) {
        AIVM_ASSIGN(const AttestationQuote quote, read_quote(*evidence.json, evidence.key));
        evidence.encoded = encode_evidence(quote);
        evidence.timestamp_ns = quote.timestamp_ns;
        evidence.device_key = keccak256(as_bytes(word(quote.type)));
        return {};
    }
    AIVM_ASSIGN(const GpuEvidence gpu, read_gpu_attestation(*evidence.json, evidence.key));
    evidence.encoded = encode_evidence(gpu);
    evidence.device_id = gpu.device_id;
    evidence.timestamp_ns = gpu.timestamp_ns;
    evidence.device_key = keccak256(as_bytes(gpu.device_id));
    return {};
}

op::Attest attest_of(const std::string& provider_id, const Evidence& evidence,
                     const Config& config) {
    op::Attest out;
    out.provider_id = provider_id;
    out.evidence = evidence.encoded;
    abi::AttestationOp& slot = *out.attestation;
    const Hash32 digest = keccak256(evidence.encoded);
    std::memcpy(slot.tee_quote_digest, digest.data(), digest.size());
    std::memcpy(slot.attesting_key, evidence.device_key.data(), evidence.device_key.size());
    // A sum that does not fit belongs to evidence from the future, which is refused.
    slot.expiry_ns = checked_add(evidence.timestamp_ns, config.attestation_timeout_ns).value_or(0);
    return out;
}

}  // namespace

// POST /attestation/verify {"gpu_attestation"} or {"cpu_attestation", "provider_id"}. The published
// request names no provider, so GPU evidence is checked for a provider named as device_id; at
// registration it must be for the provider that registers.
Result<Json> verify_attestation(Call& call) {
    ObjectReader in(call.body, "");
    Evidence evidence = find_evidence(in);
    std::string provider_id = evidence.is_quote() ? in.string("provider_id") : "";
    AIVM_TRY(in.finish());
    AIVM_TRY(read_evidence(evidence));
    if (!evidence.is_quote()) provider_id = evidence.device_id;
    const auto status = check_encoded_evidence(evidence.encoded, provider_id,
                                               attestation_check(call.node.rules(), call.now_ns));
    return Json{{"verified", status.has_value()},
                {"trustScore", status ? status->trust_score : 0},
                {"mode", evidence.is_quote() ? 0 : evidence.json->at("mode").get<int>()},
                {"hardwareCC", status && status->hardware_cc}};
}

// POST /attestation/renew {"provider_id", "gpu_attestation" or "cpu_attestation"}: newer evidence
// of a registered provider. In the TEE mode results are usable early for attestationTimeout after
// the evidence was made, so a provider renews it more often than that.
Result<Json> renew_attestation(Call& call) {
    ObjectReader in(call.body, "");
    const std::string id = in.string("provider_id");
    Evidence evidence = find_evidence(in);
    AIVM_TRY(in.finish());
    AIVM_TRY(read_evidence(evidence));
    AIVM_ASSIGN(const Provider* provider, find_provider(call.node.pending_state(call.now_ns), id));
    AIVM_ASSIGN(Json description, description_of(call.node, *provider));
    for (const char* key : {"cpu_attestation", "gpu_attestation"}) description.erase(key);
    description[evidence.key] = *evidence.json;
    WriteBatch note;
    note.put(service_keys::description(id), as_bytes(print_json(description)));
    AIVM_TRY(submit(call, attest_of(id, evidence, call.node.rules().parameters.config), &note));
    return Json{{"success", true}, {"providerId", id}};
}

}  // namespace aivm
