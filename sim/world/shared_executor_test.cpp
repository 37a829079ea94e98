#include "sim/world/shared_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing/test_chain.h"

namespace aivm::sim::test {
namespace {

using aivm::test::TestChain;

class Shared : public ::testing::Test {
protected:
    TestChain chain;
    ExecutedPtr built = chain.build({}).executed;
    std::vector<std::string> differences;
    [[nodiscard]] SharedExecutor::Options options(bool is_paranoid) {
        return {.paranoid = is_paranoid,
                .execute = execute_block,
                .on_difference = [this](const std::string& text) { differences.push_back(text); }};
    }
    SharedExecutor shared{options(false)};
    SharedExecutor paranoid{options(true)};
};

TEST_F(Shared, ABlockIsExecutedOnceAndItsResultShared) {
    const auto first = shared.execute(chain.state(), built->block, chain.rules());
    const auto second = shared.execute(chain.state(), built->block, chain.rules());
    ASSERT_TRUE(first && second);
    EXPECT_EQ(*first, *second);
    EXPECT_EQ((*first)->state.state_root, built->state.state_root);
}

TEST_F(Shared, TheBuildersResultIsComparedAndNotHandedOut) {
    shared.remember(built);
    const auto executed = shared.execute(chain.state(), built->block, chain.rules());
    ASSERT_TRUE(executed);
    EXPECT_NE(*executed, built);
    EXPECT_EQ(shared.comparisons(), 1U);
    EXPECT_THAT(differences, ::testing::IsEmpty());
}

TEST_F(Shared, ASeparateExecutorExecutesEveryTimeAndIsCompared) {
    const auto mine = shared.separate().execute(chain.state(), built->block, chain.rules()).value();
    const auto again =
        shared.separate().execute(chain.state(), built->block, chain.rules()).value();
    const auto theirs = shared.execute(chain.state(), built->block, chain.rules()).value();
    EXPECT_NE(mine, again);
    EXPECT_NE(mine, theirs);
    EXPECT_EQ(shared.comparisons(), 2U);
    EXPECT_THAT(differences, ::testing::IsEmpty());
}

TEST_F(Shared, ASeparateNodeWithACorruptParentStateIsFound) {
    static_cast<void>(shared.execute(chain.state(), built->block, chain.rules()));
    State corrupt = chain.state();
    corrupt.head.beacon.bytes[0] ^= 1;
    static_cast<void>(shared.separate().execute(corrupt, built->block, chain.rules()));
    EXPECT_THAT(differences, ::testing::ElementsAre(::testing::HasSubstr(
                                 "block 1 was executed by one node and refused by another")));
}

TEST_F(Shared, WhatIsForgottenIsComputedAgain) {
    const auto first = shared.execute(chain.state(), built->block, chain.rules()).value();
    shared.forget_below(1);
    EXPECT_EQ(*shared.execute(chain.state(), built->block, chain.rules()), first);
    shared.forget_below(2);
    EXPECT_NE(*shared.execute(chain.state(), built->block, chain.rules()), first);
}

TEST_F(Shared, ARefusalIsSharedToo) {
    BlockHeader header = built->block->header();
    header.state_root.bytes[0] ^= 1;
    const BlockPtr forged = chain.resign(header, {});
    EXPECT_FALSE(shared.execute(chain.state(), forged, chain.rules()));
    EXPECT_FALSE(shared.execute(chain.state(), forged, chain.rules()));
}

TEST_F(Shared, ParanoiaFindsAResultThatIsNotTheBlocks) {
    paranoid.remember(built);
    static_cast<void>(paranoid.execute(chain.state(), built->block, chain.rules()));
    EXPECT_THAT(differences, ::testing::IsEmpty());
    TestChain other;
    auto forged = std::make_shared<Executed>(*other.build({}, 2 * aivm::test::kBlockNs).executed);
    SharedExecutor suspicious(options(true));
    forged->state.state_root.bytes[0] ^= 1;
    suspicious.remember(forged);
    static_cast<void>(suspicious.execute(other.state(), forged->block, other.rules()));
    EXPECT_THAT(differences, ::testing::ElementsAre("block 1 executed twice gave two states"));
}

TEST_F(Shared, ParanoiaFindsABlockThatIsRefusedTheSecondTime) {
    paranoid.remember(built);
    chain.advance(1);
    static_cast<void>(paranoid.execute(chain.state(), built->block, chain.rules()));
    ASSERT_EQ(differences.size(), 1U);
    EXPECT_THAT(differences[0],
                ::testing::HasSubstr("block 1 was executed by one node and refused by another"));
}

}  // namespace
}  // namespace aivm::sim::test
