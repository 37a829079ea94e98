// Who may move value through the service, and how the chain knows.
//
//   header   Authorization: Ed25519 <key>:<nonce>:<signature>     key and signature in hex, nonce
//            in decimal
//   signed   method "\n" path "\n" chain id "\n" nonce "\n" body  numbers in decimal, the body as
//            sent, nothing after it
//
// The account is address_of(key), and the nonce is also that of the operation which the request
// becomes: above every nonce that the account has used, here or on the chain. The chain id keeps a
// request from being played to another chain.
//
// A request signs its own text and not the operation that the service makes of it. So the node that
// checked the request vouches for the operation: it carries key || signature || sha256(signed text)
// as its authorisation, and counts only on a node that has the digest on record for exactly this
// operation. Whatever nobody vouched for is refused, also on every other node; an operation that
// its account signed itself needs no voucher. What is left to trust is the node, which on a chain
// with one node decides everything anyway; the signed text stays checkable by whoever keeps it.
#pragma once

#include <map>

#include "core/execution/authorizer.h"
#include "core/service/http.h"

namespace aivm {

// A request whose signature holds. Says nothing about its nonce.
struct RequestProof {
    Address account;
    std::uint64_t nonce = 0;
    Bytes authorization;  // for the operation
};

std::string signed_text(const Request& request, std::uint64_t chain_id, std::uint64_t nonce);

// not_authorized, with what is missing, for a request whose header is not there, of another form,
// or not true.
Result<RequestProof> check_request(const Request& request, std::uint64_t chain_id);

class ServiceAuthorizer final : public Authorizer {
public:
    // From now on this operation counts with this authorisation.
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

// The one account of a throw-away node. Its key is known to everyone who can read this.
const Ed25519Key& dev_key();

}  // namespace aivm
