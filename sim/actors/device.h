// The machine of a provider, and the attestation evidence that its vendor signs. Signatures are
// ideal: a device obtains its vendor's signature under a true description of itself only.
#pragma once

#include <optional>
#include <string>

#include "core/registry/attestation.h"
#include "sim/actors/signing.h"

namespace aivm::sim {

class Device {
public:
    // `hardware` is the model's name, such as "H100"; empty: a machine without evidence.
    Device(std::string hardware, std::string provider_id, Signer vendor);

    // Evidence of what the machine is, for its provider, made at `now` and signed by the vendor.
    // Its path follows from the model: hardware evidence where it has confidential computing,
    // software evidence otherwise.
    [[nodiscard]] std::optional<GpuEvidence> quote(TimestampNs now) const;

    // The vendor's signature under any evidence. For strategies with a stolen key (A34) only.
    [[nodiscard]] GpuEvidence sign_with_stolen_key(GpuEvidence evidence) const {
        return sign(std::move(evidence));
    }

private:
    [[nodiscard]] GpuEvidence sign(GpuEvidence evidence) const;

    std::string hardware_;
    std::string provider_id_;
    Signer vendor_;
};

// The address of the vendor's root of trust; it is no account.
Address vendor_address();

}  // namespace aivm::sim
