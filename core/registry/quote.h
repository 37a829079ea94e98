// Quotes of a CPU's trusted execution environment: the second hardware path of attestation. A quote
// counts if its vendor's root signed it for the provider, it is fresh, and it measures code that
// the chain's rules list (VmParameters::quote_measurements).
//
//   evidence := body bytes(vendor signature)
//   body     := kind:u8=2 type:u8 version:u32 quote:bytes measurement:32 report_data:bytes
//               timestamp:u64 nonce:32
//   the vendor signs keccak("aivm-attestation" || provider id:string || body)
//
// Signatures are ideal in a simulation: the bytes of `quote` and `report_data` are carried and
// signed, and no format of a vendor is parsed.
#pragma once

#include "core/registry/attestation.h"

namespace aivm {

// The published numbers. Only SGX, SEV-SNP and TDX quotes earn trust: NVIDIA's evidence is a
// GpuEvidence, and no vendor's root vouches for ARM's.
enum class QuoteType : std::uint8_t {
    kUnknown = 0,
    kSgx = 1,
    kSevSnp = 2,
    kTdx = 3,
    kNvidia = 4,
    kArm = 5
};
constexpr auto enum_words(QuoteType) {
    return std::to_array<std::string_view>({"unknown", "sgx", "sev_snp", "tdx", "nvidia", "arm"});
}

struct AttestationQuote {
    QuoteType type = QuoteType::kUnknown;
    std::uint32_t version = 0;  // of the vendor's format
    Bytes quote;
    Hash32 measurement;  // of the code that runs inside; a longer one by its keccak
    Bytes report_data;
    TimestampNs timestamp_ns = 0;
    Hash32 nonce;

    Bytes vendor_signature;

    static constexpr auto fields() {
        return std::tuple{
            field<&AttestationQuote::type>(),        field<&AttestationQuote::version>(),
            field<&AttestationQuote::quote>(),       field<&AttestationQuote::measurement>(),
            field<&AttestationQuote::report_data>(), field<&AttestationQuote::timestamp_ns>(),
            field<&AttestationQuote::nonce>()};
    }
};

// The first byte of encoded evidence that is a quote.
constexpr std::uint8_t kQuoteKind = 2;

Bytes encode_evidence(const AttestationQuote& quote);
// Fails with malformed for anything but the canonical encoding.
Result<AttestationQuote> decode_quote(ByteView bytes);

// The message that the vendor's root signs, for a quote about this provider.
Hash32 attestation_message(const AttestationQuote& quote, std::string_view provider_id);

// "Intel" for SGX and TDX, "AMD" for SEV-SNP, empty for what earns no trust.
std::string_view quote_vendor(QuoteType type);

// The error names what is missing: a vendor's signature, freshness, a type that counts, or a
// measurement on the list.
Result<DeviceStatus> check_quote(const AttestationQuote& quote, std::string_view provider_id,
                                 const AttestationCheck& check);

}  // namespace aivm
