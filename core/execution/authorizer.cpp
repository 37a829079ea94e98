#include "core/execution/authorizer.h"

#include <sodium.h>

#include <cstring>

#include "core/base/digest.h"

namespace aivm {

Address address_of(const Ed25519PublicKey& key) {
    const Hash32 digest = keccak256(key.view());
    Address out;
    std::memcpy(out.data(), digest.data(), out.size());
    return out;
}

bool Ed25519Authorizer::verify(const Address& signer, const Hash32& message,
                               ByteView authorization) const {
    if (authorization.size() != crypto_sign_PUBLICKEYBYTES + crypto_sign_BYTES) return false;
    Ed25519PublicKey key;
    std::memcpy(key.data(), authorization.data(), key.size());
    if (address_of(key) != signer) return false;
    return crypto_sign_verify_detached(authorization.data() + key.size(), message.data(),
                                       message.size(), key.data()) == 0;
}

Ed25519Key::Ed25519Key(const Ed25519Seed& seed) {
    AIVM_CHECK(crypto_sign_seed_keypair(public_.data(), secret_.data(), seed.data()) == 0);
    address_ = address_of(public_);
}

Bytes Ed25519Key::sign(const Hash32& message) const {
    Bytes out(public_.bytes.begin(), public_.bytes.end());
    out.resize(crypto_sign_PUBLICKEYBYTES + crypto_sign_BYTES);
    crypto_sign_detached(out.data() + crypto_sign_PUBLICKEYBYTES, nullptr, message.data(),
                         message.size(), secret_.data());
    return out;
}

}  // namespace aivm
