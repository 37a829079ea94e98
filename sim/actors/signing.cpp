#define XXH_INLINE_ALL
#include "sim/actors/signing.h"

#include <xxhash.h>

#include <algorithm>

#include "core/base/codec.h"
#include "core/base/digest.h"
#include "gpu/simd/simd_hasher.h"

namespace aivm::sim {

namespace {

Writer& put_name(Writer& out, std::uint32_t identity) {
    return out.string("aivm-identity").u32(identity);
}

Address address_of(const Hash32& digest) {
    Address out;
    std::copy_n(digest.data(), out.size(), out.data());
    return out;
}

}  // namespace

Address identity_address(std::uint32_t identity) {
    Writer name;
    return address_of(keccak256(put_name(name, identity).view()));
}

std::vector<Address> identity_addresses(std::uint32_t count) {
    Writer names;
    for (std::uint32_t i = 0; i < count; ++i) put_name(names, i);
    std::vector<Hash32> digests(count);
    if (count > 0)
        gpu::SimdHasher().hash_many(names.view().data(), names.view().size() / count, count,
                                    digests.data());
    std::vector<Address> out(count);
    std::ranges::transform(digests, out.begin(), address_of);
    return out;
}

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

}  // namespace aivm::sim
