// Ideal signatures: the guarantees of signatures without their cost. A tag over a message can be
// made only through the Signer of its address, which only the identity's own actor holds; so no
// adversary can forge an honest signature.
#pragma once

#include <algorithm>

#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm::sim {

class IdealAuthorizer final : public Authorizer {
public:
    explicit IdealAuthorizer(std::uint64_t seed) : seed_(seed) {}
    [[nodiscard]] bool verify(const Address& signer, const Hash32& message,
                              ByteView authorization) const override;

private:
    friend class Signer;
    static constexpr std::size_t kTagBytes = 16;
    [[nodiscard]] FixedBytes<kTagBytes> tag(const Address& signer, const Hash32& message) const;

    std::uint64_t seed_;
};

// For worlds whose operations carry no tags (core/execution/build.h): there the block builder
// receives an operation only from the actor that holds its address (ChainClient), so there is
// nothing to verify. What does carry a tag is verified: attestations, and the signatures in
// evidence, which anybody may make up.
class NoSignatures final : public Authorizer {
public:
    NoSignatures(const IdealAuthorizer& authority, const Address& vendor)
        : authority_(authority), vendor_(vendor) {}
    [[nodiscard]] bool verify(const Address& signer, const Hash32& message,
                              ByteView authorization) const override {
        if (authorization.empty()) return signer != vendor_;
        return authority_.verify(signer, message, authorization);
    }

private:
    const IdealAuthorizer& authority_;
    Address vendor_;
};

// The right to sign for one address.
class Signer {
public:
    Signer(const IdealAuthorizer& authority, const Address& address)
        : authority_(&authority), address_(address) {}
    [[nodiscard]] const Address& address() const { return address_; }
    [[nodiscard]] Bytes sign(const Hash32& message) const;

private:
    const IdealAuthorizer* authority_;
    Address address_;
};

// The operation, which is of the signer's account, signed.
OperationPtr signed_operation(const Signer& signer, Operation operation);

// The nonce of an account's next operation: above that of the last one that it signed, which may
// not be in the state yet, and above that in the state.
constexpr std::uint64_t next_nonce(std::uint64_t signed_last, std::uint64_t in_state) {
    return std::max(signed_last, in_state) + 1;
}

}  // namespace aivm::sim
