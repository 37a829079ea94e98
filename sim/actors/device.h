// The machine of a provider, and the attestation evidence that its vendor signs. Signatures are
// ideal: a device obtains its vendor's signature under a true description of itself only.
#pragma once

#include <optional>
#include <string>

#include "core/registry/quote.h"
#include "sim/actors/signing.h"

namespace aivm::sim {

class Device {
public:
    // `hardware` is the model's name, such as "H100"; empty: a machine without evidence.
    Device(std::string hardware, std::string provider_id, Signer vendor);

    // Encoded evidence of what the machine is, for its provider, made at `now` and signed by the
    // vendor. Its path follows from the model: a quote of an SGX, SEV-SNP or TDX machine, hardware
    // evidence of a GPU with confidential computing, software evidence of any other.
    [[nodiscard]] std::optional<Bytes> quote(TimestampNs now) const;

    // The same machine, as another provider of its owner shows it.
    [[nodiscard]] Device of_provider(std::string provider_id) const {
        return {hardware_, std::move(provider_id), vendor_};
    }

    // Any evidence under the vendor's signature. For strategies with a stolen key (A34) only.
    [[nodiscard]] Bytes sign_with_stolen_key(GpuEvidence evidence) const {
        return signed_bytes(std::move(evidence));
    }

private:
    template <class Evidence>
    [[nodiscard]] Bytes signed_bytes(Evidence evidence) const {
        evidence.vendor_signature = vendor_.sign(attestation_message(evidence, provider_id_));
        return encode_evidence(evidence);
    }
    [[nodiscard]] GpuEvidence gpu_evidence(TimestampNs now) const;
    [[nodiscard]] AttestationQuote cpu_quote(QuoteType type, TimestampNs now) const;

    std::string hardware_;
    std::string provider_id_;
    Signer vendor_;
};

// The type of a CPU with a trusted execution environment: "SGX", "SEV-SNP" or "TDX".
std::optional<QuoteType> cpu_type(std::string_view hardware);

// The address of the vendor's root of trust; it is no account.
Address vendor_address();

// The measurement of the code that every honest machine runs.
Hash32 approved_measurement();

}  // namespace aivm::sim
