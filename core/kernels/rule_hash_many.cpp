#include "core/kernels/rule_hash_many.h"

#include "core/base/ideal_hashing.h"
#include "core/base/rule_hash.h"

namespace aivm {

void rule_hash_many(const BatchHasher& hasher, const std::uint8_t* messages,
                    std::size_t length_bytes, std::size_t count, Hash32* digests) {
    if (!IdealHashing::is_active()) return hasher.hash_many(messages, length_bytes, count, digests);
    for (std::size_t i = 0; i < count; ++i)
        digests[i] = rule_hash(ByteView{messages + i * length_bytes, length_bytes});
}

}  // namespace aivm
