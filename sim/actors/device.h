// The machine under a provider, and what its maker vouches for. Signatures are ideal: a device gets
// its vendor's signature under what it really is, and nothing else does.
#pragma once

#include <optional>
#include <string>

#include "core/registry/attestation.h"
#include "sim/actors/signing.h"

namespace aivm::sim {

class Device {
public:
    // `hardware` is the model's name, such as "H100"; empty: a machine without anything to show.
    Device(std::string hardware, std::string provider_id, Signer vendor);

    // Evidence of what the machine is, for its provider, made at `now` and signed by the vendor.
    // Its path follows from the model: hardware evidence where it has confidential computing,
    // software evidence otherwise.
    [[nodiscard]] std::optional<GpuEvidence> quote(TimestampNs now) const;

    // The vendor's signature under whatever is put in. For strategies that stole a key (A34), and
    // no others.
    [[nodiscard]] GpuEvidence sign_with_stolen_key(GpuEvidence evidence) const {
        return sign(std::move(evidence));
    }

private:
    [[nodiscard]] GpuEvidence sign(GpuEvidence evidence) const;

    std::string hardware_;
    std::string provider_id_;
    Signer vendor_;
};

// The vendor's root of a simulated world: nobody's account.
Address vendor_address();

}  // namespace aivm::sim
