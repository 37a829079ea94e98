#include "core/kernels/batch_hasher.h"

#include "core/base/digest.h"

namespace aivm {

void ScalarHasher::hash_many(const std::uint8_t* messages, std::size_t length_bytes,
                             std::size_t count, Hash32* digests) const {
    for (std::size_t i = 0; i < count; ++i)
        digests[i] = keccak256(ByteView{messages + i * length_bytes, length_bytes});
}

void ScalarHasher::fold_many(std::span<const FoldChain> chains) const {
    for (const FoldChain& chain : chains) {
        Hash32 accumulator = chain.start;
        for (std::size_t i = 0; i < chain.count; ++i) {
            accumulator = keccak256({accumulator.view(), chain.leaves[i].view()});
            chain.after[i] = accumulator;
        }
    }
}

const BatchHasher& scalar_hasher() {
    static const ScalarHasher hasher;
    return hasher;
}

}  // namespace aivm
