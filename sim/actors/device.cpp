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

Hash32 approved_measurement() { return keccak256(as_bytes("aivmsim-approved-build")); }

std::optional<QuoteType> cpu_type(std::string_view hardware) {
    if (hardware == "SGX") return QuoteType::kSgx;
    if (hardware == "SEV-SNP") return QuoteType::kSevSnp;
    if (hardware == "TDX") return QuoteType::kTdx;
    return std::nullopt;
}

Device::Device(std::string hardware, std::string provider_id, Signer vendor)
    : hardware_(std::move(hardware)), provider_id_(std::move(provider_id)), vendor_(vendor) {}

std::optional<Bytes> Device::quote(TimestampNs now) const {
    if (hardware_.empty()) return std::nullopt;
    if (const auto cpu = cpu_type(hardware_)) return signed_bytes(cpu_quote(*cpu, now));
    return signed_bytes(gpu_evidence(now));
}

AttestationQuote Device::cpu_quote(QuoteType type, TimestampNs now) const {
    AttestationQuote q;
    q.type = type;
    q.version = 1;
    q.measurement = approved_measurement();
    q.report_data = Bytes(provider_id_.begin(), provider_id_.end());
    q.timestamp_ns = now;
    q.nonce = keccak256(Writer().string(provider_id_).u64(now).view());
    return q;
}

GpuEvidence Device::gpu_evidence(TimestampNs now) const {
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
    return e;
}

}  // namespace aivm::sim
