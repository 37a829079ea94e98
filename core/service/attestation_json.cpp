#include "core/service/attestation_json.h"

#include <fmt/format.h>

#include <limits>

namespace aivm {
namespace {

constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kVendorSignatureBytes =
    96;  // key and signature, as core/execution/authorizer.h has them

Status read_local(const Json& json, const std::string& where, GpuEvidence& e) {
    ObjectReader in(json, where);
    e.spdm_report = in.base64("spdm_report");
    e.vendor_signature = in.base64("cert_chain");
    e.rim_verified = in.boolean("rim_verified");
    in.base64("driver_report");
    e.nonce = in.hash("nonce");
    return in.finish();
}

Status read_software(const Json& json, const std::string& where, GpuEvidence& e) {
    ObjectReader in(json, where);
    for (const char* key : {"gpu_serial", "pci_id", "board_id", "gpu_part_num", "compute_caps",
                            "cuda_version", "vbios_version"}) {
        in.string(key);
    }
    e.driver_version = in.string("driver_version");
    e.benchmark_hash = in.hash("benchmark_hash");
    e.benchmark_time_ms = in.number("benchmark_time_ms", kAny);
    e.provider_key = in.base64("provider_pubkey");
    e.provider_signature = in.base64("signature");
    in.time("timestamp");
    e.nonce = in.hash("nonce");
    AIVM_TRY(in.finish());
    Bytes& signature = e.provider_signature;
    const std::size_t own = signature.size() - std::min(signature.size(), kVendorSignatureBytes);
    e.vendor_signature.assign(signature.begin() + static_cast<std::ptrdiff_t>(own),
                              signature.end());
    signature.resize(own);
    return {};
}

}  // namespace

Result<GpuEvidence> read_gpu_attestation(const Json& json, std::string_view where) {
    GpuEvidence e;
    ObjectReader in(json, where);
    e.device_id = in.string("device_id");
    e.model = in.string("model");
    e.cc_enabled = in.boolean("cc_enabled");
    e.tee_io_enabled = in.boolean("tee_io_enabled");
    in.string("driver_version");
    in.string("vbios_version");
    e.timestamp_ns = in.time("timestamp");
    const std::uint64_t mode = in.number("mode", 1);
    e.mode = static_cast<AttestationMode>(mode);
    const std::string key = mode == 0 ? "local_evidence" : "software_attestation";
    const Json& inner = in.any(key);
    AIVM_TRY(in.finish());
    const std::string inner_name = fmt::format("{}.{}", where, key);
    AIVM_TRY(mode == 0 ? read_local(inner, inner_name, e) : read_software(inner, inner_name, e));
    return e;
}

}  // namespace aivm
