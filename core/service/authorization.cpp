#include "core/service/authorization.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <charconv>

#include "core/base/digest.h"
#include "core/config/limits.h"

namespace aivm {
namespace {

constexpr std::string_view kScheme = "Ed25519 ";
using Signature = FixedBytes<64>;
constexpr std::size_t kVoucherBytes =
    Ed25519PublicKey::size_bytes + Signature::size_bytes + Hash32::size_bytes;
static_assert(kVoucherBytes <= kAuthorizationBytesMax);

struct Header {
    Ed25519PublicKey key;
    std::uint64_t nonce = 0;
    Signature signature;
};

std::optional<Header> parse_header(std::string_view text) {
    if (!text.starts_with(kScheme)) return std::nullopt;
    text.remove_prefix(kScheme.size());
    const std::size_t first = text.find(':');
    const std::size_t second = first == std::string_view::npos ? first : text.find(':', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    const auto key = fixed_from_hex<32>(text.substr(0, first));
    const auto signature = fixed_from_hex<64>(text.substr(second + 1));
    const std::string_view digits = text.substr(first + 1, second - first - 1);
    Header header;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), header.nonce);
    // A nonce has exactly one spelling, because the signature covers its text.
    const bool canonical =
        error == std::errc() && end == digits.data() + digits.size() && digits.front() != '0';
    if (!key || !signature || !canonical) return std::nullopt;
    header.key = *key;
    header.signature = *signature;
    return header;
}

}  // namespace

std::string signed_text(const Request& request, std::uint64_t chain_id, std::uint64_t nonce) {
    return fmt::format("{}\n{}\n{}\n{}\n{}", request.method, request.path, chain_id, nonce,
                       request.body);
}

Result<RequestProof> check_request(const Request& request, std::uint64_t chain_id) {
    if (request.authorization.empty()) {
        return fail(ErrorCode::kNotAuthorized,
                    "this needs a header Authorization: Ed25519 <key>:<nonce>:<signature>");
    }
    const auto header = parse_header(request.authorization);
    if (!header) {
        return fail(ErrorCode::kNotAuthorized,
                    "the Authorization header must be Ed25519 <64 hex digits>:<nonce from 1>:<128 "
                    "hex digits>");
    }
    const std::string text = signed_text(request, chain_id, header->nonce);
    if (crypto_sign_verify_detached(header->signature.data(), as_bytes(text).data(), text.size(),
                                    header->key.data()) != 0) {
        return fail(
            ErrorCode::kNotAuthorized,
            fmt::format(
                "the signature is not the key's over method, path, chain id {}, nonce and body",
                chain_id));
    }
    Writer authorization;
    authorization.fixed(header->key).fixed(header->signature).fixed(sha256(as_bytes(text)));
    return RequestProof{address_of(header->key), header->nonce, authorization.take()};
}

Ed25519PublicKey public_key_of(const Ed25519Seed& seed) {
    Ed25519PublicKey out;
    FixedBytes<64> secret;
    AIVM_CHECK(crypto_sign_seed_keypair(out.data(), secret.data(), seed.data()) == 0);
    return out;
}

std::string authorization_header(const Ed25519Seed& seed, const Request& request,
                                 std::uint64_t chain_id, std::uint64_t nonce) {
    AIVM_CHECK(nonce > 0);
    Ed25519PublicKey key;
    FixedBytes<64> secret;
    AIVM_CHECK(crypto_sign_seed_keypair(key.data(), secret.data(), seed.data()) == 0);
    const std::string text = signed_text(request, chain_id, nonce);
    Signature signature;
    crypto_sign_detached(signature.data(), nullptr, as_bytes(text).data(), text.size(),
                         secret.data());
    return fmt::format("{}{}:{}:{}", kScheme, to_hex(key.view()), nonce, to_hex(signature.view()));
}

bool ServiceAuthorizer::verify(const Address& signer, const Hash32& message,
                               ByteView authorization) const {
    if (authorization.size() != kVoucherBytes)
        return own_signature_.verify(signer, message, authorization);
    Reader in(authorization);
    if (address_of(in.fixed<32>()) != signer) return false;
    const auto found = vouched_.find(message);
    return found != vouched_.end() && std::equal(authorization.begin(), authorization.end(),
                                                 found->second.begin(), found->second.end());
}

const Ed25519Key& dev_key() {
    static const Ed25519Key key(keccak256(as_bytes("aivmsim throw-away node")));
    return key;
}

}  // namespace aivm
