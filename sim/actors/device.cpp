#include "sim/actors/device.h"

#include "core/base/digest.h"
#include "core/registry/trust_points.h"
#include "sim/scenario/identity.h"

namespace aivm::sim {
namespace {

constexpr std::uint32_t kVendorIdentity = 0xFFFF'FFFE;  // beyond every actor id
constexpr std::size_t kReportBytes = 256;               // the minimum that the VM accepts
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSignatureBytes = 64;
constexpr std::uint64_t kBenchmarkTimeMs = 1000;

}  // namespace

Address vendor_address() { return identity_address(kVendorIdentity); }

Device::Device(std::string hardware, std::string provider_id, Signer vendor)
    : hardware_(std::move(hardware)), provider_id_(std::move(provider_id)), vendor_(vendor) {}

std::optional<GpuEvidence> Device::quote(TimestampNs now) const {
    if (hardware_.empty()) return std::nullopt;
    GpuEvidence e;
    e.device_id = provider_id_;
    e.model = hardware_;
    e.timestamp_ns = now;
    e.nonce = keccak256(Writer().string(provider_id_).u64(now).view());
    if (is_cc_capable(hardware_)) {
        e.spdm_report = Bytes(kReportBytes, 1);
        e.cc_enabled = e.tee_io_enabled = e.rim_verified = true;
    } else {
        e.mode = AttestationMode::kSoftware;
        e.benchmark_hash = e.nonce;
        e.benchmark_time_ms = kBenchmarkTimeMs;
        e.driver_version = "1.0";
        e.provider_key = Bytes(kKeyBytes, 1);
        e.provider_signature = Bytes(kSignatureBytes, 1);
    }
    return sign(std::move(e));
}

GpuEvidence Device::sign(GpuEvidence evidence) const {
    evidence.vendor_signature = vendor_.sign(attestation_message(evidence, provider_id_));
    return evidence;
}

}  // namespace aivm::sim
