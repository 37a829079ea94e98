// The VM as a node uses it: build, verify, accept, reject, prefer and look up, with a store that
// works or fails.
#include "core/vm/vm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/state/keys.h"
#include "core/state/load.h"
#include "core/testing/failing_store.h"
#include "core/testing/test_chain.h"

namespace aivm::test {
namespace {

// Two blocks on the tip with different operations.
struct Fork {
    BlockPtr left, right;
};
Fork fork(TestChain& chain) {
    const Fork out{chain.build({chain.by("alice", submission("left"))}).executed->block,
                   chain.build({chain.by("bob", submission("right"))}).executed->block};
    for (const BlockPtr& block : {out.left, out.right}) {
        EXPECT_TRUE(chain.vm().verify(block, block->header().timestamp_ns).has_value());
    }
    return out;
}

// D09 a failed Verify leaves its changes applied. D16, D20: the tip moves with the write and only
// with it.
TEST(VmBlocks, AcceptMovesEverythingAndVerifyNothing) {
    TestChain chain(served());
    const Hash32 genesis = chain.vm().last_accepted();
    const Fork blocks = fork(chain);
    EXPECT_EQ(chain.vm().last_accepted(), genesis);
    EXPECT_EQ(chain.height(), 0U);
    EXPECT_EQ(*chain.vm().status(blocks.left->id()), BlockStatus::kProcessing);
    EXPECT_EQ(chain.vm().block_id_at_height(1).error().code, ErrorCode::kNotFound);
    ASSERT_TRUE(chain.vm().accept(blocks.left->id()).has_value());
    EXPECT_EQ(chain.vm().last_accepted(), blocks.left->id());
    EXPECT_EQ(*chain.vm().block_id_at_height(1), blocks.left->id());
    EXPECT_EQ(*chain.vm().block_id_at_height(0), genesis);
    EXPECT_EQ(*chain.vm().status(blocks.left->id()), BlockStatus::kAccepted);
    EXPECT_TRUE(chain.state().find_task("left").has_value());
    EXPECT_FALSE(chain.state().find_task("right").has_value());
}

// D21 status moved without checking the current one.
TEST(VmBlocks, D21NothingIsAcceptedOrRejectedTwiceOrAfterTheOther) {
    TestChain chain(served());
    const Fork blocks = fork(chain);
    ASSERT_TRUE(chain.vm().accept(blocks.left->id()).has_value());
    EXPECT_EQ(chain.vm().accept(blocks.left->id()).error().code, ErrorCode::kWrongState);
    EXPECT_EQ(chain.vm().reject(blocks.left->id()).error().code, ErrorCode::kWrongState);
    EXPECT_EQ(chain.vm().accept(blocks.right->id()).error().code, ErrorCode::kBadParent);
    ASSERT_TRUE(chain.vm().reject(blocks.right->id()).has_value());
    EXPECT_EQ(chain.vm().reject(blocks.right->id()).error().code, ErrorCode::kWrongState);
    EXPECT_EQ(chain.vm().accept(blocks.right->id()).error().code, ErrorCode::kWrongState);
    EXPECT_EQ(chain.vm().verify(blocks.right, blocks.right->header().timestamp_ns).error().code,
              ErrorCode::kBadParent);
    EXPECT_EQ(chain.vm().processing_count(), 0U);
}

TEST(VmBlocks, AChildIsAcceptedOnlyAfterItsParent) {
    TestChain chain;
    const BlockPtr parent = *chain.vm().build_block(chain.build_options());
    ASSERT_TRUE(chain.vm().set_preference(parent->id()).has_value());
    const BlockPtr child = *chain.vm().build_block(chain.build_options());
    ASSERT_EQ(child->parent(), parent->id());
    EXPECT_EQ(chain.vm().accept(child->id()).error().code, ErrorCode::kBadParent);
    EXPECT_EQ(chain.vm().accept(Hash32{}).error().code, ErrorCode::kWrongState);
    ASSERT_TRUE(chain.vm().accept(parent->id()).has_value());
    ASSERT_TRUE(chain.vm().accept(child->id()).has_value());
    EXPECT_EQ(chain.vm().last_accepted(), child->id());
}

// D12 SetPreference does nothing; building on last accepted.
TEST(VmBlocks, D12BuildingGoesOnThePreferredBlock) {
    TestOptions options;
    options.validators = 1;
    TestChain chain(served(options));
    const Fork blocks = fork(chain);
    EXPECT_EQ(chain.vm().set_preference(Hash32{}).error().code, ErrorCode::kNotFound);
    ASSERT_TRUE(chain.vm().set_preference(blocks.right->id()).has_value());
    EXPECT_EQ(chain.vm().preferred(), blocks.right->id());
    EXPECT_TRUE(chain.vm().preferred_state().find_task("right").has_value());
    const auto child = chain.vm().build_block(chain.build_options());
    ASSERT_TRUE(child.has_value()) << child.error().text();
    EXPECT_EQ((*child)->parent(), blocks.right->id());
    ASSERT_TRUE(chain.vm().reject((*child)->id()).has_value());
    ASSERT_TRUE(chain.vm().reject(blocks.right->id()).has_value());
    EXPECT_EQ(chain.vm().preferred(), chain.vm().last_accepted());
}

// A challenge came before its result. The block with the result is verified, another one is built
// beside it, and only then is the first preferred.
TEST(VmBlocks, WhatWaitsIsJudgedAgainByTheBlockThatBecomesPreferred) {
    TestOptions options;
    options.validators = 1;
    TestChain chain(served(options));
    chain.assign("job");
    Vm& vm = chain.vm();
    const OperationPtr early = chain.by("bob", hidden_challenge("job", "bob", chain.truth("job")));
    ASSERT_TRUE(vm.submit(early).has_value());
    ASSERT_EQ(vm.mempool().size(Lane::kProofs), 0U);
    const std::string provider = chain.assigned_provider("job");
    const OperationPtr post = chain.by(provider, result("job", provider, chain.lie("job")));
    const BlockPtr posted = chain.build({post}).executed->block;
    ASSERT_TRUE(vm.verify(posted, posted->header().timestamp_ns).has_value());
    const BlockPtr beside = *vm.build_block(chain.build_options());
    EXPECT_TRUE(beside->operations().empty());
    ASSERT_TRUE(vm.set_preference(posted->id()).has_value());
    const BlockPtr next = *vm.build_block(chain.build_options());
    ASSERT_EQ(next->parent(), posted->id());
    EXPECT_EQ(next->operations().size(), 1U);
}

// D15 settlement, commits and reveals executed off-block on the proposer. A follower that sees only
// the bytes of the blocks reaches the same roots through assignment, answer, dispute and
// settlement.
TEST(VmBlocks, D15AFollowerNeedsOnlyTheBlocks) {
    TestChain proposer;
    TestChain follower;
    proposer.join("p-1");
    const Amount bond = proposer.provider("p-1").bond;
    proposer.assign("job");
    const Answer truth = proposer.truth("job");
    proposer.post("job", proposer.lie("job"));
    proposer.block({proposer.by("bob", hidden_challenge("job", "bob", truth))});
    proposer.block({proposer.by("bob", opening("job", "bob", truth))});
    proposer.advance(10);
    ASSERT_LT(proposer.provider("p-1").bond, bond);  // settled, with the slash
    for (Height height = 1; height <= proposer.height(); ++height) {
        const BlockPtr block = *proposer.vm().get_block(*proposer.vm().block_id_at_height(height));
        const BlockPtr received = *Vm::parse_block(block->encode());
        ASSERT_TRUE(follower.vm().verify(received, received->header().timestamp_ns).has_value())
            << height;
        ASSERT_TRUE(follower.vm().accept(received->id()).has_value()) << height;
    }
    EXPECT_EQ(contents_digest(follower.state()), contents_digest(proposer.state()));
}

// D13 BuildBlock drains the queue, Reject does not refill it. D08 an accepted job stays in the
// queue.
TEST(VmBlocks, D13ARejectedBlocksOperationsWaitAgainAndAnAcceptedOnesDoNot) {
    TestChain chain(served());
    const OperationPtr one = chain.by("alice", submission("one"));
    ASSERT_TRUE(chain.vm().submit(one).has_value());
    EXPECT_EQ(chain.vm().submit(one).error().code, ErrorCode::kDuplicate);
    const BlockPtr block = *chain.vm().build_block(chain.build_options());
    ASSERT_EQ(block->operations().size(), 1U);
    EXPECT_TRUE(chain.vm().mempool().contains(*one));
    const BlockPtr foreign = chain.build({chain.by("bob", submission("two"))}).executed->block;
    ASSERT_TRUE(chain.vm().verify(foreign, foreign->header().timestamp_ns).has_value());
    ASSERT_TRUE(chain.vm().reject(foreign->id()).has_value());
    EXPECT_EQ(chain.vm().mempool().size(),
              2U);  // a follower queues the operations of others' blocks
    ASSERT_TRUE(chain.vm().accept(block->id()).has_value());
    EXPECT_FALSE(chain.vm().mempool().contains(*one));
    EXPECT_EQ(chain.vm().mempool().size(), 1U);
    EXPECT_EQ(chain.vm().submit(one).error().code, ErrorCode::kBadNonce);
}

TEST(VmBlocks, WhatPaysTheSameIsOfferedByArrivalAndEachSendersByNonce) {
    TestChain chain(served());
    const OperationPtr a2 = chain.by_with_nonce("alice", 2, submission("a2"));
    const OperationPtr b1 = chain.by_with_nonce("bob", 1, submission("b1"));
    const OperationPtr a1 = chain.by_with_nonce("alice", 1, submission("a1"));
    for (const OperationPtr& operation : {a2, b1, a1})
        ASSERT_TRUE(chain.vm().submit(operation).has_value());
    const BlockPtr block = *chain.vm().build_block(chain.build_options());
    EXPECT_EQ(block->operations(), (std::vector<OperationPtr>{b1, a1, a2}));
}

TEST(VmBlocks, SubmitRefusesWhatCanNeverBeIncluded) {
    TestChain chain(served());
    EXPECT_EQ(chain.vm().submit(chain.by_with_nonce("bob", 0, leave("p"))).error().code,
              ErrorCode::kBadNonce);
    EXPECT_EQ(chain.vm().submit(chain.by("bob", submission("job", Amount(1)))).error().code,
              ErrorCode::kFeeTooLow);
    const Operation forged{address_of("alice"), 1, submission("job")};
    const auto unsigned_one = std::make_shared<const SignedOperation>(forged, Bytes{});
    EXPECT_EQ(chain.vm().submit(unsigned_one).error().code, ErrorCode::kNotAuthorized);
    const Operation escrow{escrow_address(), 1, submission("job")};
    const Hash32 id = SignedOperation(escrow, {}).id();
    const auto thief =
        std::make_shared<const SignedOperation>(escrow, TestAuthorizer::sign(escrow_address(), id));
    EXPECT_EQ(chain.vm().submit(thief).error().code, ErrorCode::kNotAuthorized);
    chain.expect_refused(thief, ErrorCode::kNotAuthorized);
}

TEST(VmBlocks, ASecondBlockOnASignedParentIsRefusedAlsoAfterARestart) {
    TestChain chain;
    const auto first = chain.vm().build_block(chain.build_options());
    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(chain.vm().build_block(chain.build_options()).error().code, ErrorCode::kConflict);
    chain.restart();
    EXPECT_EQ(chain.vm().build_block(chain.build_options()).error().code, ErrorCode::kConflict);
    ASSERT_TRUE(chain.vm().verify(*first, (*first)->header().timestamp_ns).has_value());
    ASSERT_TRUE(chain.vm().accept((*first)->id()).has_value());
    EXPECT_TRUE(chain.vm().build_block(chain.build_options()).has_value());
}

// A slot is (parent, proposer): a change of preference does not keep a validator from building on
// the branch that the others decide.
TEST(VmBlocks, AfterAChangeOfPreferenceABlockOfTheSameHeightIsSignedOnAnotherParent) {
    TestChain chain;
    const BlockPtr left = chain.build({}).executed->block;
    const BlockPtr right = chain.build({}, 2 * kBlockNs).executed->block;
    Vm& vm = chain.vm();
    for (const BlockPtr& parent : {left, right})
        ASSERT_TRUE(vm.verify(parent, right->header().timestamp_ns).has_value());
    std::vector<Hash32> own;
    for (const BlockPtr& parent : {left, right}) {
        ASSERT_TRUE(vm.set_preference(parent->id()).has_value());
        const auto built = vm.build_block(chain.build_options());
        ASSERT_TRUE(built.has_value());
        EXPECT_EQ((*built)->slot(), (ProposalSlot{2, parent->id()}));
        own.push_back((*built)->id());
        EXPECT_EQ(vm.build_block(chain.build_options()).error().code, ErrorCode::kConflict);
    }
    chain.restart();
    const auto again = chain.vm().own_undecided();
    ASSERT_TRUE(again.has_value());
    std::vector<Hash32> found;
    for (const BlockPtr& block : *again) found.push_back(block->id());
    std::ranges::sort(own);
    std::ranges::sort(found);
    EXPECT_EQ(found, own);
}

// D19 height index answers a generic error.
TEST(VmBlocks, D19TheHeightIndexIsTotalUpToTheTipAndNotFoundAbove) {
    TestChain chain;
    chain.advance(5);
    for (Height h = 1; h <= 5; ++h) {
        const auto block = chain.vm().get_block(*chain.vm().block_id_at_height(h));
        ASSERT_TRUE(block.has_value());
        EXPECT_EQ((*block)->height(), h);
    }
    EXPECT_EQ(chain.vm().block_id_at_height(6).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(chain.vm().get_block(Hash32{}).error().code, ErrorCode::kNotFound);
}

// D16, D17: tip, ledger and stake come back together.
TEST(VmBlocks, D16D17ARestartFindsTipMoneyAndStake) {
    TestChain chain;
    chain.join("p-1");
    chain.assign("job");
    const Hash32 tip = chain.vm().last_accepted();
    const Hash32 contents = contents_digest(chain.state());
    const Hash32 root = chain.state().state_root;
    chain.restart();
    EXPECT_EQ(chain.vm().last_accepted(), tip);
    EXPECT_EQ(contents_digest(chain.state()), contents);
    EXPECT_EQ(chain.state().state_root, root);
    EXPECT_EQ(chain.totals().bonds, lux(11'000));
    chain.post("job", chain.truth("job"));
}

// D18 a read error is taken for "unset".
TEST(VmBlocks, D18AReadErrorIsAnErrorAndNeverUnset) {
    MemoryStore disk;
    FailingStore store(disk);
    TestOptions options;
    options.store = &store;
    TestChain chain(options);
    chain.advance(2);
    store.fail_reads(true);
    EXPECT_EQ(chain.vm().block_id_at_height(1).error().code, ErrorCode::kStorage);
    EXPECT_EQ(chain.vm().block_id_at_height(9).error().code, ErrorCode::kStorage);
    EXPECT_EQ(chain.vm().get_block(Hash32{}).error().code, ErrorCode::kStorage);
    EXPECT_EQ(chain.vm().status(Hash32{}).error().code, ErrorCode::kStorage);
    EXPECT_THROW(chain.restart(), TestFailure);
}

// D18 where it would matter most: a node that takes what it has signed for unset signs a second
// block in that slot.
TEST(VmBlocks, D18AnUnreadableRecordOfSignaturesStopsTheNode) {
    MemoryStore disk;
    FailingStore store(disk);
    TestOptions options;
    options.store = &store;
    TestChain chain(options);
    ASSERT_TRUE(chain.vm().build_block(chain.build_options()).has_value());
    store.fail_reads_of(keys::kSigned);
    EXPECT_THROW(chain.restart(), TestFailure);
}

TEST(VmBlocks, AStoreOfAnotherGenesisIsRefused) {
    MemoryStore disk;
    TestOptions options;
    options.store = &disk;
    TestChain first(options);
    options.validators = 3;
    EXPECT_THROW(TestChain{options}, TestFailure);
}

// F10: a store was opened under another window and bond without a word, and went on by other rules.
TEST(VmBlocks, F10AStoreMadeUnderOtherRulesIsRefusedByTheFirstThatDiffers) {
    MemoryStore disk;
    TestOptions options;
    options.store = &disk;
    TestChain first(options);
    const auto refusal = [&](auto&& change) -> std::string {
        TestOptions other = options;
        change(other.parameters);
        try {
            TestChain again(other);
        } catch (const TestFailure& failure) {
            return failure.what();
        }
        return "";
    };
    EXPECT_EQ(refusal([](VmParameters&) {}), "");
    EXPECT_THAT(refusal([](VmParameters& p) {
                    p.config.challenge_window_blocks = 6;
                    p.policy.challenger_bond = lux(3);
                }),
                testing::HasSubstr("its challenge_window_blocks is 5, here it is 6"));
    EXPECT_THAT(refusal([](VmParameters& p) { p.config.host_chain_id = "zoo"; }),
                testing::HasSubstr("its host_chain_id is primary, here it is zoo"));
    EXPECT_THAT(refusal([](VmParameters& p) { p.policy.challenger_bond = millilux(2500); }),
                testing::HasSubstr("challenger_bond"));
    auto erasure = std::make_shared<WriteBatch>();
    erasure->erase(keys::single(keys::kParameters));
    ASSERT_TRUE(disk.write(erasure));
    EXPECT_THAT(refusal([](VmParameters&) {}), testing::HasSubstr("start with a new one"));
}

// D20 memory tip moved before the write succeeded.
TEST(VmBlocks, D20AFailedWriteMovesNothing) {
    MemoryStore disk;
    FailingStore store(disk);
    TestOptions options;
    options.store = &store;
    TestChain chain(options);
    chain.join("p-1");
    const BlockPtr block = chain.build({}).executed->block;
    ASSERT_TRUE(chain.vm().verify(block, block->header().timestamp_ns).has_value());
    const Hash32 tip = chain.vm().last_accepted();
    store.fail_at(store.writes(), Failure::kRefuses);
    EXPECT_EQ(chain.vm().accept(block->id()).error().code, ErrorCode::kStorage);
    EXPECT_EQ(chain.vm().last_accepted(), tip);
    EXPECT_EQ(*chain.vm().status(block->id()), BlockStatus::kProcessing);
    EXPECT_EQ(chain.vm().build_block(chain.build_options()).error().code, ErrorCode::kStorage);
}

}  // namespace
}  // namespace aivm::test
