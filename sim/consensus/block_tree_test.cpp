// What the vectors of the deployed implementation cannot show: there only polls accept blocks.
#include "sim/consensus/block_tree.h"

#include <gtest/gtest.h>

#include "core/base/digest.h"

namespace aivm::sim {
namespace {

TEST(BlockTree, AFailedPollEndsTheRowOfThoseAboveABlockThatOthersDecided) {
    const BlockRef genesis{sha256(as_bytes("genesis")), 0};
    const BlockInfo a{sha256(as_bytes("a")), genesis.id, 1};
    const BlockInfo b{sha256(as_bytes("b")), a.id, 2};
    BlockTree tree(genesis, {.alpha_preference = 2, .alpha_confidence = 2, .beta = 3});
    tree.add(a);
    tree.add(b);
    Actions out;
    std::vector<BlockRef> rejected;
    const VoteCount for_b[] = {{b.id, 2}};
    const VoteCount too_few[] = {{b.id, 1}};
    tree.record_poll(for_b, out, rejected);
    tree.record_poll(for_b, out, rejected);
    tree.record_poll(too_few, out, rejected);
    tree.accept(a.id, AcceptedBy::kBootstrap, out, rejected);
    ASSERT_EQ(tree.root(), a.ref());
    tree.record_poll(for_b, out, rejected);
    tree.record_poll(for_b, out, rejected);
    EXPECT_EQ(tree.root(), a.ref()) << "two polls in a row are not three";
    tree.record_poll(for_b, out, rejected);
    EXPECT_EQ(tree.root(), b.ref());
}

}  // namespace
}  // namespace aivm::sim
