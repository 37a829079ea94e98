#include "core/service/attestation_json.h"

#include <fmt/format.h>

#include <array>
#include <limits>

#include "core/service/time_text.h"

namespace aivm {
namespace {

constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kVendorSignatureBytes =
    96;  // key and signature, as core/execution/authorizer.h has them

// Of a software attestation: checked to be texts, and dropped.
constexpr std::array kUnkeptTexts{"gpu_serial",   "pci_id",       "board_id",     "gpu_part_num",
                                  "compute_caps", "cuda_version", "vbios_version"};

// Removes the vendor's signature from the end of the bytes.
Bytes take_vendor_signature(Bytes& bytes) {
    const std::size_t own = bytes.size() - std::min(bytes.size(), kVendorSignatureBytes);
    Bytes signature(bytes.begin() + static_cast<std::ptrdiff_t>(own), bytes.end());
    bytes.resize(own);
    return signature;
}

Bytes with(Bytes bytes, const Bytes& vendor_signature) {
    bytes.insert(bytes.end(), vendor_signature.begin(), vendor_signature.end());
    return bytes;
}

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
    for (const char* key : kUnkeptTexts) in.string(key);
    e.driver_version = in.string("driver_version");
    e.benchmark_hash = in.hash("benchmark_hash");
    e.benchmark_time_ms = in.number("benchmark_time_ms", kAny);
    e.provider_key = in.base64("provider_pubkey");
    e.provider_signature = in.base64("signature");
    in.time("timestamp");
    e.nonce = in.hash("nonce");
    AIVM_TRY(in.finish());
    e.vendor_signature = take_vendor_signature(e.provider_signature);
    return {};
}

Json gpu_json(const GpuEvidence& e) {
    Json json{{"device_id", e.device_id},
              {"model", e.model},
              {"cc_enabled", e.cc_enabled},
              {"tee_io_enabled", e.tee_io_enabled},
              {"driver_version", e.driver_version},
              {"vbios_version", ""},
              {"timestamp", print_time(e.timestamp_ns)},
              {"mode", static_cast<int>(e.mode)}};
    if (e.mode == AttestationMode::kHardware) {
        json["local_evidence"] = Json{{"spdm_report", to_base64(e.spdm_report)},
                                      {"cert_chain", to_base64(e.vendor_signature)},
                                      {"rim_verified", e.rim_verified},
                                      {"driver_report", ""},
                                      {"nonce", to_text(e.nonce)}};
        return json;
    }
    Json& software = json["software_attestation"];
    for (const char* key : kUnkeptTexts) software[key] = "";
    software["driver_version"] = e.driver_version;
    software["benchmark_hash"] = to_text(e.benchmark_hash);
    software["benchmark_time_ms"] = e.benchmark_time_ms;
    software["provider_pubkey"] = to_base64(e.provider_key);
    software["signature"] = to_base64(with(e.provider_signature, e.vendor_signature));
    software["timestamp"] = print_time(e.timestamp_ns);
    software["nonce"] = to_text(e.nonce);
    return json;
}

Json quote_json(const AttestationQuote& q) {
    return {{"type", static_cast<int>(q.type)},
            {"version", q.version},
            {"quote", to_base64(with(q.quote, q.vendor_signature))},
            {"measurement", to_text(q.measurement)},
            {"report_data", to_base64(q.report_data)},
            {"timestamp", print_time(q.timestamp_ns)},
            {"nonce", to_text(q.nonce)}};
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

Result<AttestationQuote> read_quote(const Json& json, std::string_view where) {
    AttestationQuote q;
    ObjectReader in(json, where);
    q.type = static_cast<QuoteType>(in.number("type", words<QuoteType>.size() - 1));
    q.version =
        static_cast<std::uint32_t>(in.number("version", std::numeric_limits<std::uint32_t>::max()));
    q.quote = in.base64("quote");
    q.measurement = in.hash("measurement");
    q.report_data = in.base64("report_data");
    q.timestamp_ns = in.time("timestamp");
    q.nonce = in.hash("nonce");
    AIVM_TRY(in.finish());
    q.vendor_signature = take_vendor_signature(q.quote);
    return q;
}

Json evidence_json(ByteView evidence) {
    Json json = Json::object();
    if (!evidence.empty() && evidence.front() == kQuoteKind) {
        if (const auto quote = decode_quote(evidence)) json["cpuAttestation"] = quote_json(*quote);
    } else if (const auto gpu = decode_evidence(evidence)) {
        json["gpuAttestation"] = gpu_json(*gpu);
    }
    return json;
}

}  // namespace aivm
