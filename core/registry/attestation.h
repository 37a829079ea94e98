// Attestation evidence and the trust it earns. Points count only for evidence that verifies: a
// signature of the vendor's root over all other fields of the evidence and over the provider that
// it is for. A provider's own declaration earns nothing.
//
//   evidence := body bytes(vendor signature)
//   body     := version:u8=1 mode:u8 device_id:string model:string timestamp:u64 nonce:32 fields
//   fields of mode 0 (hardware): spdm_report:bytes cc_enabled:bool tee_io_enabled:bool
//                                 rim_verified:bool
//   fields of mode 1 (software): benchmark_hash:32 benchmark_time_ms:u64 driver_version:string
//                                 key:bytes signature:bytes
//   the vendor signs keccak("aivm-attestation" || provider id:string || body)
#pragma once

#include <string>

#include "core/base/describe.h"
#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm {

enum class AttestationMode : std::uint8_t { kHardware = 0, kSoftware = 1 };
constexpr auto enum_words(AttestationMode) {
    return std::to_array<std::string_view>({"hardware", "software"});
}

// The fields of a GPU attestation that count.
struct GpuEvidence {
    AttestationMode mode = AttestationMode::kHardware;
    std::string device_id;
    std::string model;  // such as "NVIDIA H100 PCIe"
    TimestampNs timestamp_ns = 0;
    Hash32 nonce;
    // Hardware
    Bytes spdm_report;
    bool cc_enabled = false;
    bool tee_io_enabled = false;
    bool rim_verified = false;
    // Software
    Hash32 benchmark_hash;
    std::uint64_t benchmark_time_ms = 0;
    std::string driver_version;
    Bytes provider_key;
    Bytes provider_signature;

    Bytes vendor_signature;

    static constexpr auto fields() {
        return std::tuple{field<&GpuEvidence::mode>(),
                          field<&GpuEvidence::device_id>(),
                          field<&GpuEvidence::model>(),
                          field<&GpuEvidence::timestamp_ns>(),
                          field<&GpuEvidence::nonce>(),
                          field<&GpuEvidence::spdm_report>(),
                          field<&GpuEvidence::cc_enabled>(),
                          field<&GpuEvidence::tee_io_enabled>(),
                          field<&GpuEvidence::rim_verified>(),
                          field<&GpuEvidence::benchmark_hash>(),
                          field<&GpuEvidence::benchmark_time_ms>(),
                          field<&GpuEvidence::driver_version>(),
                          field<&GpuEvidence::provider_key>(),
                          field<&GpuEvidence::provider_signature>()};
    }
};

Bytes encode_evidence(const GpuEvidence& evidence);
// Fails with malformed for anything but the canonical encoding.
Result<GpuEvidence> decode_evidence(ByteView bytes);

// The message that the vendor's root signs, for evidence about this provider: all fields but the
// signature itself.
Hash32 attestation_message(const GpuEvidence& evidence, std::string_view provider_id);

// The authority for evidence, and the moment of the check.
struct AttestationCheck {
    const Authorizer* authorizer = nullptr;
    Address vendor_root;  // all zero: no evidence verifies
    TimestampNs now_ns = 0;
};

// Evidence older than this, or from the future, is refused.
constexpr std::uint64_t kEvidenceAgeNsMax = 3'600'000'000'000;

// The result of checking a device's evidence.
struct DeviceStatus {
    bool attested = false;  // the evidence verifies; everything below is meaningful only then
    std::uint8_t trust_score = 0;
    TimestampNs last_seen_ns = 0;
    std::string operator_id;  // the provider
    std::string vendor;       // "NVIDIA"
    AttestationMode mode = AttestationMode::kHardware;
    // hardware evidence of a device with confidential computing switched on
    bool hardware_cc = false;

    static constexpr auto fields() {
        return std::tuple{field<&DeviceStatus::attested>(),     field<&DeviceStatus::trust_score>(),
                          field<&DeviceStatus::last_seen_ns>(), field<&DeviceStatus::operator_id>(),
                          field<&DeviceStatus::vendor>(),       field<&DeviceStatus::mode>(),
                          field<&DeviceStatus::hardware_cc>()};
    }
};

// The error names what is missing: a vendor's signature, freshness, or the base of the scoring
// table.
Result<DeviceStatus> check_evidence(const GpuEvidence& evidence, std::string_view provider_id,
                                    const AttestationCheck& check);

// As check_evidence, without the reason: evidence that does not verify makes an unattested device
// with a score of 0.
DeviceStatus verify_gpu_attestation(const GpuEvidence& evidence, std::string_view provider_id,
                                    const AttestationCheck& check);

// Checks encoded evidence for a provider in the current block.
Result<DeviceStatus> check_evidence(const Transition& t, ByteView evidence,
                                    std::string_view provider_id);

// Whether the provider's evidence still counts: it is at most attestationTimeout old, and none of
// the provider's answers was proven wrong since.
bool evidence_counts(const Config& config, const Provider& provider, TimestampNs now_ns);

// Records in a provider the standing that verified evidence earned it.
void set_trust(Provider& provider, const DeviceStatus& status);

}  // namespace aivm
