#include "core/registry/attestation.h"

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/mutant.h"
#include "core/config/limits.h"
#include "core/registry/quote.h"
#include "core/registry/trust_points.h"

namespace aivm {
namespace {

constexpr std::uint8_t kGpuKind = 1;
constexpr std::size_t kTextBytesMax = 128;
constexpr std::size_t kKeyBytesMax = 1024;  // of the provider's own key and signature

void put_body(Writer& out, const GpuEvidence& e) {
    out.u8(kGpuKind).u8(static_cast<std::uint8_t>(e.mode)).string(e.device_id).string(e.model);
    out.u64(e.timestamp_ns).fixed(e.nonce);
    if (e.mode == AttestationMode::kHardware) {
        out.bytes(e.spdm_report)
            .boolean(e.cc_enabled)
            .boolean(e.tee_io_enabled)
            .boolean(e.rim_verified);
    } else {
        out.fixed(e.benchmark_hash).u64(e.benchmark_time_ms).string(e.driver_version);
        out.bytes(e.provider_key).bytes(e.provider_signature);
    }
}

Status check_age(TimestampNs timestamp_ns, TimestampNs now_ns) {
    if (timestamp_ns > now_ns)
        return fail(ErrorCode::kInvalidArgument, "the evidence is from the future");
    if (now_ns - timestamp_ns > kEvidenceAgeNsMax) {
        return fail(ErrorCode::kInvalidArgument, "the evidence is older than an hour");
    }
    return {};
}

}  // namespace

Bytes encode_evidence(const GpuEvidence& evidence) {
    Writer out;
    put_body(out, evidence);
    return out.bytes(evidence.vendor_signature).take();
}

Result<GpuEvidence> decode_evidence(ByteView bytes) {
    Reader in(bytes);
    GpuEvidence e;
    if (in.u8() != kGpuKind) in.set_fault("unknown kind of attestation evidence");
    e.mode = in.enumerator<AttestationMode>();
    e.device_id = in.string(kTextBytesMax);
    e.model = in.string(kTextBytesMax);
    e.timestamp_ns = in.u64();
    e.nonce = in.hash();
    if (e.mode == AttestationMode::kHardware) {
        e.spdm_report = in.bytes(kEvidenceBytesMax);
        e.cc_enabled = in.boolean();
        e.tee_io_enabled = in.boolean();
        e.rim_verified = in.boolean();
    } else {
        e.benchmark_hash = in.hash();
        e.benchmark_time_ms = in.u64();
        e.driver_version = in.string(kTextBytesMax);
        e.provider_key = in.bytes(kKeyBytesMax);
        e.provider_signature = in.bytes(kKeyBytesMax);
    }
    e.vendor_signature = in.bytes(kAuthorizationBytesMax);
    AIVM_TRY(in.finish());
    return e;
}

Hash32 attestation_message(const GpuEvidence& evidence, std::string_view provider_id) {
    Writer out;
    out.raw(as_bytes(kAttestationTag)).string(provider_id);
    put_body(out, evidence);
    return keccak256(out.view());
}

AttestationCheck attestation_check(const Rules& rules, TimestampNs now_ns) {
    return {.authorizer = rules.authorizer,
            .vendor_root = rules.vendor_root,
            .now_ns = now_ns,
            .measurements = rules.parameters.quote_measurements};
}

Status check_vendor(const AttestationCheck& check, TimestampNs timestamp_ns, const Hash32& message,
                    ByteView signature, std::string_view provider_id) {
    AIVM_CHECK(check.authorizer != nullptr);
    if (check.vendor_root.is_zero())
        return fail(ErrorCode::kTrustTooLow, "this chain trusts no vendor root");
    AIVM_TRY(check_age(timestamp_ns, check.now_ns));
    if (!AIVM_MUTANT(D35) && !check.authorizer->verify(check.vendor_root, message, signature)) {
        return fail(
            ErrorCode::kNotAuthorized,
            fmt::format("the vendor's root has not signed this evidence for {}", provider_id));
    }
    return {};
}

Result<DeviceStatus> check_evidence(const GpuEvidence& evidence, std::string_view provider_id,
                                    const AttestationCheck& check) {
    AIVM_TRY(check_vendor(check, evidence.timestamp_ns, attestation_message(evidence, provider_id),
                          evidence.vendor_signature, provider_id));
    const std::uint8_t points = trust_points(evidence);
    if (points == 0) {
        return fail(ErrorCode::kTrustTooLow,
                    "hardware evidence needs a CC-capable model and a report of 256 bytes");
    }
    return DeviceStatus{
        .attested = true,
        .trust_score = points,
        .last_seen_ns = evidence.timestamp_ns,
        .operator_id = std::string(provider_id),
        .vendor = "NVIDIA",
        .mode = evidence.mode,
        .hardware_cc = evidence.mode == AttestationMode::kHardware && evidence.cc_enabled};
}

DeviceStatus verify_gpu_attestation(const GpuEvidence& evidence, std::string_view provider_id,
                                    const AttestationCheck& check) {
    auto status = check_evidence(evidence, provider_id, check);
    if (status) return std::move(*status);
    DeviceStatus none;
    none.operator_id = std::string(provider_id);
    none.mode = evidence.mode;
    return none;
}

Result<DeviceStatus> check_encoded_evidence(ByteView bytes, std::string_view provider_id,
                                            const AttestationCheck& check) {
    if (!bytes.empty() && bytes.front() == kQuoteKind) {
        AIVM_ASSIGN(const AttestationQuote quote, decode_quote(bytes));
        return check_quote(quote, provider_id, check);
    }
    AIVM_ASSIGN(const GpuEvidence evidence, decode_evidence(bytes));
    return check_evidence(evidence, provider_id, check);
}

bool evidence_counts(const Config& config, const Provider& provider, TimestampNs now_ns) {
    return !provider.trust_lost && provider.attested_at_ns <= now_ns &&
           (AIVM_MUTANT(F17) || now_ns - provider.attested_at_ns <= config.attestation_timeout_ns);
}

void set_trust(Provider& provider, const DeviceStatus& status) {
    AIVM_CHECK(status.attested);
    provider.trust_score = status.trust_score;
    provider.hardware_attested = status.mode == AttestationMode::kHardware;
    provider.attested_at_ns = status.last_seen_ns;
    provider.trust_lost = false;
}

}  // namespace aivm
