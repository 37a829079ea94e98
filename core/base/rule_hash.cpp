#define XXH_INLINE_ALL
#include "core/base/rule_hash.h"

#include <xxhash.h>

#include <array>
#include <cstring>

#include "core/base/digest.h"
#include "core/base/ideal_hashing.h"

namespace aivm {
namespace {

// Two of XXH3's 128 bits, under seeds of their own.
Hash32 ideal_hash(ByteView message) {
    constexpr XXH64_hash_t kSeeds[2] = {0x6169'766d'0000'0001, 0x6169'766d'0000'0002};
    Hash32 out;
    for (std::size_t half = 0; half < 2; ++half) {
        const XXH128_hash_t hash =
            XXH3_128bits_withSeed(message.data(), message.size(), kSeeds[half]);
        std::memcpy(out.data() + 16 * half, &hash.low64, 8);
        std::memcpy(out.data() + 16 * half + 8, &hash.high64, 8);
    }
    return out;
}

Hash32 ideal_hash(std::initializer_list<ByteView> parts) {
    std::size_t size = 0;
    for (const ByteView part : parts) size += part.size();
    std::array<std::uint8_t, 256> most;  // messages of the rules are shorter
    Bytes longer(size > most.size() ? size : 0);
    std::uint8_t* const whole = longer.empty() ? most.data() : longer.data();
    std::size_t at = 0;
    for (const ByteView part : parts) {
        if (!part.empty()) std::memcpy(whole + at, part.data(), part.size());
        at += part.size();
    }
    return ideal_hash(ByteView(whole, size));
}

}  // namespace

Hash32 rule_hash(ByteView message) {
    return IdealHashing::is_active() ? ideal_hash(message) : keccak256(message);
}

Hash32 rule_hash(std::initializer_list<ByteView> parts) {
    return IdealHashing::is_active() ? ideal_hash(parts) : keccak256(parts);
}

}  // namespace aivm
