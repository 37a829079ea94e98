#include "sim/actors/block_mutations.h"

#include <gtest/gtest.h>

#include <set>

#include "core/testing/test_chain.h"

namespace aivm::sim {
namespace {

using aivm::test::served;
using aivm::test::submission;
using aivm::test::TestChain;

// A chain of one validator, with two tasks in the block that is to be changed.
class BlockMutations : public testing::Test {
protected:
    BlockMutations() : chain_(options()) {
        chain_.advance(2);
        parent_ = chain_.tip();
        const BuildRequest request = chain_.request();
        sign_ = request.sign;
        built_ =
            chain_
                .build({chain_.by("alice", submission("one")), chain_.by("bob", submission("two"))})
                .executed;
    }
    static aivm::test::TestOptions options() {
        aivm::test::TestOptions out = served();
        out.validators = 1;
        return out;
    }
    [[nodiscard]] OwnBlock own() const { return {*built_, *parent_, chain_.rules(), sign_}; }
    // What a node says of the block at the time of the one that it was made from.
    Status verdict_on(const BlockPtr& block) {
        return chain_.vm().verify(block, built_->block->header().timestamp_ns);
    }

    TestChain chain_;
    ExecutedPtr parent_;
    ExecutedPtr built_;
    std::function<Bytes(const Hash32&)> sign_;
};

TEST_F(BlockMutations, EachHasItsExpectedVerdictAndTheBlockItselfIsValid) {
    std::set<Hash32> ids{built_->id};
    for (const BlockMutation& mutation : block_mutations()) {
        const BlockPtr block = mutation.apply(own());
        ASSERT_NE(block, nullptr) << mutation.name;
        if (mutation.name != "not_signed") {  // the id does not cover the signature
            EXPECT_TRUE(ids.insert(block->id()).second) << mutation.name;
        }
        const Status verdict = verdict_on(block);
        if (!mutation.refused_with) {
            EXPECT_TRUE(verdict) << mutation.name << ": " << verdict.error().text();
        } else if (verdict) {
            ADD_FAILURE() << mutation.name << " is accepted";
        } else {
            EXPECT_EQ(verdict.error().code, *mutation.refused_with)
                << mutation.name << ": " << verdict.error().text();
        }
    }
    EXPECT_TRUE(verdict_on(built_->block));
}

TEST_F(BlockMutations, ABlockWithoutOperationsHasNoneToChange) {
    built_ = chain_.build({}).executed;
    std::size_t absent = 0;
    for (const BlockMutation& mutation : block_mutations())
        absent += mutation.apply(own()) == nullptr ? 1 : 0;
    EXPECT_EQ(absent, 4U);
}

}  // namespace
}  // namespace aivm::sim
