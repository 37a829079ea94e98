// M1 and M2 follow a chain with receipts and anchors, and are shown roots that it never had.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing/test_chain.h"
#include "sim/testing/test_watch.h"

namespace aivm::sim::test {
namespace {

using aivm::test::TestChain;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A chain that completes a task and goes on to an anchor, watched block by block.
class Receipts : public ::testing::Test {
protected:
    Receipts() {
        chain.join("p-1");
        chain.assign("job");
        chain.post("job", chain.truth("job"));
    }
    void follow() {
        before = chain.state();
        chain.block();
        tip = *chain.tip();
        tell("M1");
        tell("M2");
    }
    void tell(std::string_view id) { seen.of(id).on_chain(tip, before); }
    void claim_root(const Hash32& root) {
        BlockHeader header = tip.block->header();
        header.receipt_root = root;
        tip.block = std::make_shared<const Block>(header, tip.block->operations(),
                                                  tip.block->authorization());
    }

    TestChain chain;
    Watched seen;
    State before;
    Executed tip;
};

TEST_F(Receipts, AChainWithAnchorsViolatesNothing) {
    for (int i = 0; i < 20; ++i) follow();
    EXPECT_EQ(chain.state().receipts.size(), 1U);
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(seen.of("M1").checks(), 20U);
    EXPECT_GE(seen.of("M2").checks(), 2U) << "anchors come every 7 blocks";
}

TEST_F(Receipts, ARootOfOtherReceiptsViolatesM1) {
    while (chain.state().receipts.size() == 0) follow();
    claim_root(aivm::test::salt_of("another root"));
    tell("M1");
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("M1 the receipt root of block")));
}

TEST_F(Receipts, ARootThatStoodForFewerReceiptsViolatesM1) {
    follow();
    const Hash32 empty = tip.block->header().receipt_root;
    while (chain.state().receipts.size() == 0) follow();
    claim_root(empty);
    tell("M1");
    EXPECT_EQ(seen.reported().size(), 1U);
}

TEST_F(Receipts, AnAnchoredRootThatTheChainNeverHadViolatesM2) {
    const auto anchored = [&] {
        return std::ranges::any_of(tip.events, [](const VmEvent& e) {
            return std::holds_alternative<event::Anchored>(e);
        });
    };
    do follow();
    while (!anchored());
    for (VmEvent& e : tip.events) {
        if (auto* one = std::get_if<event::Anchored>(&e))
            one->commit_root = aivm::test::salt_of("never");
    }
    tell("M2");
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("and its receipt root is")));
}

}  // namespace
}  // namespace aivm::sim::test
