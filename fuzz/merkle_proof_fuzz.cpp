// Merkle proofs compared with the tree: every proof made by the tree verifies, and no other bytes
// do.
//
//   input := count:u8 index:u8 mutation*   leaves are numbered, mutation := kind:u8 place:u8
//   byte:u8
#include <cstdint>

#include "core/base/check.h"
#include "core/base/codec.h"
#include "core/base/merkle.h"

namespace {

using namespace aivm;

// One claim of membership with its proof.
struct Claim {
    std::uint64_t count;
    std::uint64_t index;
    Hash32 leaf;
    std::vector<Hash32> proof;
    friend bool operator==(const Claim&, const Claim&) = default;
};

void mutate(Claim& claim, std::uint8_t kind, std::uint8_t place, std::uint8_t byte) {
    switch (kind % 7) {
        case 0:
            claim.index = byte;
            break;
        case 1:
            claim.count = byte;
            break;
        case 2:
            claim.leaf.bytes[place % 32] ^= byte;
            break;
        case 3:
            if (!claim.proof.empty())
                claim.proof[place % claim.proof.size()].bytes[byte % 32] ^= place;
            break;
        case 4:
            if (!claim.proof.empty()) claim.proof.pop_back();
            break;
        case 5:
            claim.proof.push_back(claim.proof.empty() ? claim.leaf
                                                      : claim.proof[place % claim.proof.size()]);
            break;
        default:
            claim.index += std::uint64_t{byte} << (place % 64);
            break;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::uint64_t count = 1 + data[0] % 70;
    std::vector<Hash32> leaves;
    std::vector<Hash32> peaks;
    for (std::uint64_t i = 0; i < count; ++i) {
        leaves.push_back(merkle::leaf(Writer().u64(i).view()));
        merkle::append(peaks, i, leaves.back());
    }
    const Hash32 root = merkle::root(leaves);
    AIVM_CHECK(root == merkle::root(peaks, count));
    const std::uint64_t index = data[1] % count;
    const Claim truth{count, index, leaves[index], merkle::prove(leaves, index)};
    AIVM_CHECK(merkle::verify(root, truth.count, truth.index, truth.leaf, truth.proof));
    Claim claim = truth;
    for (std::size_t i = 2; i + 2 < size; i += 3) {
        mutate(claim, data[i], data[i + 1], data[i + 2]);
        AIVM_CHECK(merkle::verify(root, claim.count, claim.index, claim.leaf, claim.proof) ==
                   (claim == truth));
    }
    return 0;
}
