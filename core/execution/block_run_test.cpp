// The one sequence behind executing, building and trying a block.
#include "core/execution/block_run.h"

#include <gtest/gtest.h>

#include "core/execution/build.h"
#include "core/state/load.h"
#include "core/testing/test_chain.h"

namespace aivm::test {
namespace {

std::vector<std::size_t> kinds_of(const std::vector<VmEvent>& events) {
    std::vector<std::size_t> out;
    for (const VmEvent& event : events) out.push_back(event.index());
    return out;
}

// A run of the next block, at the moment that the chain's proposer would choose.
BlockRun next_run(const TestChain& chain, BlockRun::Refusals refusals) {
    const BlockHeader header = next_header(*chain.tip(), chain.request());
    return {chain.state(), context_of(chain.state(), header), chain.rules(), refusals};
}

TEST(BlockRun, ExecutingBuildingAndTryingReachTheSameState) {
    TestChain chain;
    chain.join("p-1");
    chain.assign("job");
    const std::vector<OperationPtr> operations{chain.by("alice", submission("other")),
                                               chain.by("p-1", result("job", "p-1", 7))};
    const Built built = chain.build(operations);
    ASSERT_TRUE(built.left_out.empty());
    const auto executed = execute_block(chain.state(), built.executed->block, chain.rules());
    ASSERT_TRUE(executed.has_value());
    EXPECT_EQ((*executed)->state.state_root, built.executed->state.state_root);
    EXPECT_EQ(contents_digest((*executed)->state), contents_digest(built.executed->state));
    EXPECT_EQ(kinds_of((*executed)->events), kinds_of(built.executed->events));

    BlockRun run = next_run(chain, BlockRun::Refusals::kExplained);
    for (const OperationPtr& operation : operations) ASSERT_TRUE(run.apply(*operation).has_value());
    const auto finished = std::move(run).finish();
    ASSERT_TRUE(finished.has_value());
    EXPECT_EQ(finished->state.state_root, built.executed->state.state_root);
}

// An unsealed block has no root of its own and leaves the proposer's commitment in place.
TEST(BlockRun, AnUnsealedBuildDiffersFromASealedOneInItsSealOnly) {
    TestChain chain;
    chain.join("p-1");
    chain.assign("job");
    const std::vector<OperationPtr> operations{chain.by("alice", submission("other")),
                                               chain.by("p-1", result("job", "p-1", 7)),
                                               chain.by("bob", submission("rich", lux(20'000)))};
    const Built sealed = chain.build(operations);
    const BlockHeader& header = sealed.executed->block->header();
    const UnsealedRequest request{.id = salt_of("block"),
                                  .proposer = header.proposer,
                                  .timestamp_ns = header.timestamp_ns,
                                  .beacon = sealed.executed->state.head.beacon};
    const auto unsealed = build_unsealed(*chain.tip(), request, operations, chain.rules());
    ASSERT_TRUE(unsealed.has_value());
    EXPECT_EQ(unsealed->executed->id, request.id);
    EXPECT_EQ(unsealed->executed->batch, nullptr);
    EXPECT_EQ(unsealed->executed->state.state_root, chain.state().state_root);
    EXPECT_EQ(unsealed->executed->block->operations(), sealed.executed->block->operations());
    ASSERT_EQ(unsealed->left_out.size(), 1U);
    EXPECT_EQ(unsealed->left_out[0].reason, sealed.left_out.at(0).reason);
    EXPECT_EQ(kinds_of(unsealed->executed->events), kinds_of(sealed.executed->events));
    for (const char* name : {"alice", "bob", "p-1"}) {
        EXPECT_EQ(unsealed->executed->state.balance(address_of(name)),
                  sealed.executed->state.balance(address_of(name)));
    }
}

TEST(BlockRun, ARefusalWithoutExplanationHasTheSameCodeAndNoText) {
    TestChain chain(served());
    chain.block({chain.by("alice", submission("job"))});
    const OperationPtr stale = chain.by_with_nonce("alice", 1, submission("other"));
    const OperationPtr early = chain.by("bob", hidden_challenge("job", "bob", 1));
    for (const OperationPtr& operation : {stale, early}) {
        BlockRun explained = next_run(chain, BlockRun::Refusals::kExplained);
        BlockRun brief = next_run(chain, BlockRun::Refusals::kCodeOnly);
        const Status full = explained.apply(*operation);
        const Status code = brief.apply(*operation);
        ASSERT_FALSE(full.has_value());
        ASSERT_FALSE(code.has_value());
        EXPECT_EQ(full.error().code, code.error().code);
        EXPECT_NE(full.error().context, "");
        EXPECT_EQ(code.error().context, "");
    }
}

}  // namespace
}  // namespace aivm::test
