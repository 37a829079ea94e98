// Ed25519 authorisation, for the service and everything else that handles real signatures.
#pragma once

#include "core/state/transition.h"

namespace aivm {

using Ed25519PublicKey = FixedBytes<32>;
using Ed25519Seed = FixedBytes<32>;

// The first 20 bytes of keccak(public key).
Address address_of(const Ed25519PublicKey& key);

// Authorisations are public key || signature, 96 bytes.
class Ed25519Authorizer final : public Authorizer {
public:
    [[nodiscard]] bool verify(const Address& signer, const Hash32& message,
                              ByteView authorization) const override;
};

class Ed25519Key {
public:
    explicit Ed25519Key(const Ed25519Seed& seed);
    [[nodiscard]] const Address& address() const { return address_; }
    [[nodiscard]] Bytes sign(const Hash32& message) const;

private:
    FixedBytes<64> secret_;
    Ed25519PublicKey public_;
    Address address_;
};

}  // namespace aivm
