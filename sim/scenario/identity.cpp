#include "sim/scenario/identity.h"

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

Hash32 beacon_secret(std::uint64_t run_seed, ActorId validator, std::uint64_t n) {
    return keccak256(
        Writer().string("aivm-beacon-secret").u64(run_seed).u32(validator).u64(n).view());
}

}  // namespace aivm::sim
