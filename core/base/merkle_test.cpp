#include "core/base/merkle.h"

#include <gtest/gtest.h>

#include "core/base/codec.h"

namespace aivm {
namespace {

std::vector<Hash32> some_leaves(std::uint64_t count) {
    std::vector<Hash32> leaves;
    for (std::uint64_t i = 0; i < count; ++i)
        leaves.push_back(merkle::leaf(Writer().u64(i).view()));
    return leaves;
}

TEST(Merkle, AppendingLeafByLeafYieldsTheRootOfTheWholeList) {
    std::vector<Hash32> peaks;
    for (std::uint64_t count = 0; count < 70; ++count) {
        EXPECT_EQ(merkle::root(peaks, count), merkle::root(some_leaves(count))) << count;
        merkle::append(peaks, count, merkle::leaf(Writer().u64(count).view()));
    }
}

TEST(Merkle, EveryLeafCanBeProvenAndNoOtherPlaceAcceptsItsProof) {
    for (std::uint64_t count = 1; count < 20; ++count) {
        const auto leaves = some_leaves(count);
        const Hash32 root = merkle::root(leaves);
        for (std::uint64_t i = 0; i < count; ++i) {
            const auto proof = merkle::prove(leaves, i);
            EXPECT_TRUE(merkle::verify(root, count, i, leaves[i], proof));
            for (std::uint64_t j = 0; j <= count; ++j) {
                if (j == i) continue;
                EXPECT_FALSE(merkle::verify(root, count, j, leaves[i], proof));
            }
            EXPECT_FALSE(merkle::verify(root, count + 1, i, leaves[i], proof));
        }
    }
}

TEST(Merkle, AListAndTheSameListWithItsLastLeafRepeatedHaveDifferentRoots) {
    auto three = some_leaves(3);
    auto four = three;
    four.push_back(three.back());
    EXPECT_NE(merkle::root(three), merkle::root(four));
}

TEST(Merkle, ANodeCannotBePassedOffAsALeaf) {
    const auto leaves = some_leaves(2);
    const std::vector<Hash32> one{merkle::node(leaves[0], leaves[1])};
    EXPECT_NE(merkle::root(leaves), merkle::root(one));
}

}  // namespace
}  // namespace aivm
