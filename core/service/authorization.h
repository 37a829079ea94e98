// Authorisation of the requests that move value, and how the chain checks it.
//
//   header   Authorization: Ed25519 <key>:<nonce>:<signature>     key and signature in hex, nonce
//            in decimal
//   signed   method "\n" path "\n" chain id "\n" nonce "\n" body  numbers in decimal, the body as
//            sent, nothing after it
//
// The account is address_of(key), and the nonce is also that of the operation which the request
// becomes: above every nonce that the account has used, here or on the chain. The chain id prevents
// replay on another chain.
//
// The signature covers the text of the request, not the operation that the service makes of it. The
// node that checked the request therefore vouches for the operation. As its authorisation the
// operation carries key || signature || sha256(signed text), which is valid only on a node that has
// recorded this authorisation for exactly this operation; every other node refuses it. An operation
// that its account signed itself needs no voucher. The account must trust the node, which decides
// everything on a chain with one node anyway; anyone with the signed text can still check it.
#pragma once

#include <map>

#include "core/execution/authorizer.h"
#include "core/service/http.h"

namespace aivm {

// A request with a valid signature. Its nonce is not checked.
struct RequestProof {
    Address account;
    std::uint64_t nonce = 0;
    Bytes authorization;  // for the operation
};

std::string signed_text(const Request& request, std::uint64_t chain_id, std::uint64_t nonce);

// Fails with not_authorized and the reason if the header is missing, malformed, or has a signature
// that does not verify.
Result<RequestProof> check_request(const Request& request, std::uint64_t chain_id);

// The value of that header for a request, signed by the key of this seed. Requires nonce > 0.
std::string authorization_header(const Ed25519Seed& seed, const Request& request,
                                 std::uint64_t chain_id, std::uint64_t nonce);

// The public half.
Ed25519PublicKey public_key_of(const Ed25519Seed& seed);

class ServiceAuthorizer final : public Authorizer {
public:
    // Registers the authorisation as valid for this operation.
    void vouch(const Hash32& operation_id, const Bytes& authorization) {
        vouched_[operation_id] = authorization;
    }
    void forget(const Hash32& operation_id) { vouched_.erase(operation_id); }

    [[nodiscard]] bool verify(const Address& signer, const Hash32& message,
                              ByteView authorization) const override;

private:
    Ed25519Authorizer own_signature_;
    std::map<Hash32, Bytes> vouched_;
};

// The only account of a throw-away node. Its key is public: anybody can derive it from the source.
const Ed25519Key& dev_key();

}  // namespace aivm
