#define XXH_INLINE_ALL
#include "sim/actors/signing.h"

#include <xxhash.h>

#include <algorithm>
#include <utility>

namespace aivm::sim {

FixedBytes<IdealAuthorizer::kTagBytes> IdealAuthorizer::tag(const Address& signer,
                                                            const Hash32& message) const {
    const XXH64_hash_t key = XXH3_64bits_withSeed(signer.data(), signer.size(), seed_);
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical,
                             XXH3_128bits_withSeed(message.data(), message.size(), key));
    FixedBytes<kTagBytes> out;
    std::copy_n(canonical.digest, out.size(), out.data());
    return out;
}

bool IdealAuthorizer::verify(const Address& signer, const Hash32& message,
                             ByteView authorization) const {
    const auto expected = tag(signer, message);
    return std::equal(authorization.begin(), authorization.end(), expected.bytes.begin(),
                      expected.bytes.end());
}

Bytes Signer::sign(const Hash32& message) const {
    const auto tag = authority_->tag(address_, message);
    return {tag.bytes.begin(), tag.bytes.end()};
}

OperationPtr signed_operation(const Signer& signer, Operation operation) {
    const Hash32 id = SignedOperation(operation, {}).id();
    return std::make_shared<const SignedOperation>(std::move(operation), signer.sign(id));
}

}  // namespace aivm::sim
