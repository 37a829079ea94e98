#include "core/registry/quote.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/digest.h"
#include "core/config/limits.h"
#include "core/registry/trust_points.h"

namespace aivm {
namespace {

constexpr std::size_t kReportDataBytesMax = 128;

void put_quote_body(Writer& out, const AttestationQuote& q) {
    out.u8(kQuoteKind).u8(static_cast<std::uint8_t>(q.type)).u32(q.version).bytes(q.quote);
    out.fixed(q.measurement).bytes(q.report_data).u64(q.timestamp_ns).fixed(q.nonce);
}

}  // namespace

Bytes encode_evidence(const AttestationQuote& quote) {
    Writer out;
    put_quote_body(out, quote);
    return out.bytes(quote.vendor_signature).take();
}

Result<AttestationQuote> decode_quote(ByteView bytes) {
    Reader in(bytes);
    AttestationQuote q;
    if (in.u8() != kQuoteKind) in.set_fault("this evidence is no quote");
    q.type = in.enumerator<QuoteType>();
    q.version = in.u32();
    q.quote = in.bytes(kEvidenceBytesMax);
    q.measurement = in.hash();
    q.report_data = in.bytes(kReportDataBytesMax);
    q.timestamp_ns = in.u64();
    q.nonce = in.hash();
    q.vendor_signature = in.bytes(kAuthorizationBytesMax);
    AIVM_TRY(in.finish());
    return q;
}

Hash32 attestation_message(const AttestationQuote& quote, std::string_view provider_id) {
    Writer out;
    out.raw(as_bytes(kAttestationTag)).string(provider_id);
    put_quote_body(out, quote);
    return keccak256(out.view());
}

std::string_view quote_vendor(QuoteType type) {
    switch (type) {
        case QuoteType::kSgx:
        case QuoteType::kTdx:
            return "Intel";
        case QuoteType::kSevSnp:
            return "AMD";
        case QuoteType::kUnknown:
        case QuoteType::kNvidia:
        case QuoteType::kArm:
            break;
    }
    return "";
}

Result<DeviceStatus> check_quote(const AttestationQuote& quote, std::string_view provider_id,
                                 const AttestationCheck& check) {
    AIVM_TRY(check_vendor(check, quote.timestamp_ns, attestation_message(quote, provider_id),
                          quote.vendor_signature, provider_id));
    if (quote_vendor(quote.type).empty()) {
        return fail(ErrorCode::kTrustTooLow,
                    fmt::format("a quote of type {} earns no trust; it must be sgx, sev_snp or tdx",
                                word(quote.type)));
    }
    if (std::ranges::find(check.measurements, quote.measurement) == check.measurements.end()) {
        return fail(ErrorCode::kTrustTooLow,
                    fmt::format("the measurement {} is not on the chain's list",
                                to_hex(quote.measurement.view())));
    }
    return DeviceStatus{.attested = true,
                        .trust_score = kQuotePoints,
                        .last_seen_ns = quote.timestamp_ns,
                        .operator_id = std::string(provider_id),
                        .vendor = std::string(quote_vendor(quote.type)),
                        .mode = AttestationMode::kHardware,
                        .hardware_cc = true};
}

}  // namespace aivm
