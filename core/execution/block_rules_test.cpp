// The rules by which a block is valid: its header given its parent, its roots, its signature, and
// its canonical encoding.
#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "core/config/limits.h"
#include "core/rewards/rewards.h"
#include "core/state/load.h"
#include "core/testing/test_chain.h"

namespace aivm::test {
namespace {

struct Candidate {
    BlockHeader header;
    std::vector<OperationPtr> operations;
};

Candidate next(TestChain& chain) {
    const Built built = chain.build({chain.by("alice", submission("job"))});
    return {built.executed->block->header(), built.executed->block->operations()};
}

std::optional<ErrorCode> verdict(TestChain& chain, const BlockPtr& block) {
    const Hash32 contents = contents_digest(chain.state());
    const Hash32 root = chain.state().state_root;
    const Status status = chain.vm().verify(block, chain.state().head.timestamp_ns + kBlockNs);
    EXPECT_EQ(contents_digest(chain.state()), contents);
    EXPECT_EQ(chain.state().state_root, root);
    EXPECT_EQ(chain.vm().processing_count(), status ? 1U : 0U);
    return status ? std::nullopt : std::optional(status.error().code);
}

template <class Change>
std::optional<ErrorCode> verdict_on(TestChain& chain, Change&& change) {
    Candidate candidate = next(chain);
    change(candidate);
    return verdict(chain, chain.resign(candidate.header, candidate.operations));
}

// D10 Verify checks neither parent, height, time nor roots. D15: nothing happens off the block.
TEST(BlockRules, D10EveryFieldOfTheHeaderIsChecked) {
    TestChain chain(served());
    chain.advance(3);
    EXPECT_EQ(verdict_on(chain, [](Candidate& c) { c.header.parent.bytes[0] ^= 1; }),
              ErrorCode::kBadParent);
    EXPECT_EQ(verdict_on(chain, [](Candidate& c) { c.header.height += 1; }), ErrorCode::kBadHeight);
    EXPECT_EQ(verdict_on(chain, [](Candidate& c) { c.header.height -= 1; }), ErrorCode::kBadHeight);
    EXPECT_EQ(verdict_on(chain, [](Candidate& c) { c.header.timestamp_ns -= kBlockNs + 1; }),
              ErrorCode::kBadTimestamp);
    EXPECT_EQ(verdict_on(chain, [](Candidate& c) { c.header.timestamp_ns += 60'000'000'001; }),
              ErrorCode::kTooEarly);
    EXPECT_EQ(verdict_on(chain, [](Candidate& c) { c.header.beacon_secret.bytes[9] ^= 1; }),
              ErrorCode::kInvalidArgument);
    EXPECT_EQ(verdict_on(chain, [](Candidate& c) { c.header.parent_aivm_root.bytes[0] ^= 1; }),
              ErrorCode::kBadRoot);
    EXPECT_EQ(verdict_on(chain, [](Candidate& c) { c.header.state_root.bytes[0] ^= 1; }),
              ErrorCode::kBadRoot);
    EXPECT_EQ(verdict_on(chain, [](Candidate& c) { c.header.receipt_root.bytes[0] ^= 1; }),
              ErrorCode::kBadRoot);
    EXPECT_EQ(verdict_on(chain, [](Candidate& c) { c.operations.clear(); }), ErrorCode::kBadRoot);
    EXPECT_EQ(verdict_on(chain, [](Candidate& c) { c.operations.push_back(c.operations[0]); }),
              ErrorCode::kBadNonce);
    EXPECT_EQ(verdict_on(chain, [](Candidate&) {}), std::nullopt);
}

// D11 a zero root is exempt from comparison.
TEST(BlockRules, D11AZeroRootIsComparedLikeAnyOther) {
    TestChain chain(served());
    chain.advance(2);
    EXPECT_EQ(verdict_on(chain, [](Candidate& c) { c.header.parent_aivm_root = {}; }),
              ErrorCode::kBadRoot);
    EXPECT_EQ(verdict_on(chain, [](Candidate& c) { c.header.state_root = {}; }),
              ErrorCode::kBadRoot);
    EXPECT_EQ(verdict_on(chain, [](Candidate& c) { c.header.receipt_root = {}; }),
              ErrorCode::kBadRoot);
}

TEST(BlockRules, OnlyTheProposerNamedInTheHeaderCanSign) {
    TestChain chain(served());
    const Candidate candidate = next(chain);
    const Block bare(candidate.header, candidate.operations, {});
    const Hash32 message = bare.slot_message(chain.rules().chain_id);
    const auto sealed = [&](Bytes seal) {
        return std::make_shared<const Block>(bare.with_authorization(std::move(seal)));
    };
    EXPECT_EQ(verdict(chain, sealed({})), ErrorCode::kNotAuthorized);
    EXPECT_EQ(verdict(chain, sealed(TestAuthorizer::sign(address_of("v-1"), message))),
              ErrorCode::kNotAuthorized);
    const Hash32 elsewhere = bare.slot_message(chain.rules().chain_id + 1);
    EXPECT_EQ(verdict(chain, sealed(TestAuthorizer::sign(address_of("v-0"), elsewhere))),
              ErrorCode::kNotAuthorized);
    Candidate stranger = candidate;
    stranger.header.proposer.value = 2;
    const Block unknown(stranger.header, stranger.operations, {});
    EXPECT_EQ(verdict(chain, std::make_shared<const Block>(unknown)), ErrorCode::kNotFound);
    EXPECT_EQ(verdict(chain, sealed(TestAuthorizer::sign(address_of("v-0"), message))),
              std::nullopt);
}

// D14 block time from the host clock: time is an argument, and never goes back.
TEST(BlockRules, D14ABlockFromTheFutureIsTooEarlyAndGoodLater) {
    TestChain chain(served());
    const BlockPtr block = chain.build({}, 70'000'000'000).executed->block;
    const TimestampNs now = chain.state().head.timestamp_ns;
    EXPECT_EQ(chain.vm().verify(block, now).error().code, ErrorCode::kTooEarly);
    EXPECT_TRUE(chain.vm().verify(block, now + 10'000'000'000).has_value());
    Vm::BuildOptions early = chain.build_options();
    early.request.timestamp_ns = 5;  // a slow clock cannot turn time back
    EXPECT_EQ((*chain.vm().build_block(early))->header().timestamp_ns, now);
}

// D28 deadlines added without overflow check.
TEST(BlockRules, D28ATimeThatLeavesNoRoomForATimeoutIsRefused) {
    TestChain chain(served());
    BuildRequest request = chain.request();
    request.timestamp_ns = ~std::uint64_t{0} - 1;
    EXPECT_EQ(build_on(*chain.tip(), request, {}, chain.rules()).error().code,
              ErrorCode::kBadTimestamp);
    const Candidate candidate = next(chain);
    BlockHeader header = candidate.header;
    header.timestamp_ns = ~std::uint64_t{0};
    const BlockPtr block = chain.resign(header, candidate.operations);
    EXPECT_EQ(chain.vm().verify(block, ~std::uint64_t{0}).error().code, ErrorCode::kBadTimestamp);
}

TEST(BlockRules, ABuilderRefusesAHeaderThatNobodyWouldVerify) {
    TestChain chain(served());
    BuildRequest request = chain.request();
    request.proposer.value = 7;
    EXPECT_EQ(build_on(*chain.tip(), request, {}, chain.rules()).error().code,
              ErrorCode::kNotFound);
    request = chain.request();
    request.beacon_secret = {};
    EXPECT_EQ(build_on(*chain.tip(), request, {}, chain.rules()).error().code,
              ErrorCode::kInvalidArgument);
}

TEST(BlockRules, ABuilderLeavesOutWhatIsRefusedAndSaysWhy) {
    TestChain chain(served());
    const OperationPtr good = chain.by("alice", submission("job"));
    const OperationPtr poor = chain.by("bob", submission("rich", lux(20'000)));
    const OperationPtr again = chain.by("carol", submission("job"));
    const OperationPtr forged =
        std::make_shared<const SignedOperation>(chain.by("bob", leave("p"))->operation(), Bytes{1});
    const Built built = chain.build({good, poor, again, forged, good});
    EXPECT_EQ(built.executed->block->operations(), std::vector<OperationPtr>{good});
    ASSERT_EQ(built.left_out.size(), 4U);
    EXPECT_EQ(built.left_out[0].reason, ErrorCode::kInsufficientFunds);
    EXPECT_EQ(built.left_out[1].reason, ErrorCode::kDuplicate);
    EXPECT_EQ(built.left_out[2].reason, ErrorCode::kNotAuthorized);
    EXPECT_EQ(built.left_out[3].reason, ErrorCode::kBadNonce);
}

TEST(BlockRules, ABuilderStopsAtTheOperationsThatADecoderTakes) {
    TestOptions options;
    options.parameters.config.max_task_queue_size = 200'000;  // the floor stays
    TestChain chain(served(options));
    std::vector<OperationPtr> many;
    for (std::size_t i = 0; i <= kBlockOpsMax; ++i) {
        many.push_back(chain.by("alice", submission("j" + std::to_string(i), millilux(1))));
    }
    const Built built = chain.build(many);
    EXPECT_EQ(built.executed->block->operations().size(), kBlockOpsMax);
    EXPECT_EQ(built.left_out.at(0).reason, ErrorCode::kLimitReached);
    EXPECT_TRUE(Block::decode(built.executed->block->encode()).has_value());
}

// D02 the id leaves out tasks and results.
TEST(BlockRules, D02TheIdCoversEveryByteButTheSignature) {
    TestChain chain(served());
    const Candidate candidate = next(chain);
    const BlockPtr block = chain.resign(candidate.header, candidate.operations);
    const Bytes sealed = block->encode();
    std::set<Hash32> ids{block->id()};
    std::size_t decoded = 0;
    for (std::size_t i = 0; i < 4 + block->body_bytes(); ++i) {
        Bytes changed = sealed;
        changed[i] ^= 1;
        const auto other = Block::decode(changed);
        if (!other) {
            EXPECT_EQ(other.error().code, ErrorCode::kMalformed);
            continue;
        }
        EXPECT_EQ((*other)->encode(), changed);
        EXPECT_TRUE(ids.insert((*other)->id()).second) << "byte " << i;
        ++decoded;
    }
    EXPECT_GT(decoded, 200U);
    EXPECT_EQ(block->with_authorization({9}).id(), block->id());
}

TEST(BlockRules, BytesMissingOrLeftOverAreMalformedEverywhere) {
    TestChain chain(served());
    const Candidate candidate = next(chain);
    const Bytes sealed = chain.resign(candidate.header, candidate.operations)->encode();
    for (std::size_t size = 0; size < sealed.size(); ++size) {
        EXPECT_FALSE(Block::decode(ByteView(sealed).first(size)).has_value()) << size;
    }
    Bytes more = sealed;
    more.push_back(0);
    EXPECT_FALSE(Block::decode(more).has_value());
}

// D31 receipt root over map order. M1: the root determines the leaves, their order and their count.
TEST(BlockRules, D31TheReceiptRootIsOverReceiptsInSettlementOrder) {
    TestChain chain;
    const Hash32 empty = receipt_root(chain.state());
    chain.join("p-1");
    chain.assign("b");
    chain.block({chain.by("alice", submission("a"))});
    chain.post("b", 0);
    chain.block();
    chain.post("a", 0);
    chain.advance(6);
    ASSERT_EQ(chain.state().receipts.size(), 2U);
    EXPECT_EQ(chain.state().receipts[0].task, *chain.state().find_task("b"));
    EXPECT_EQ(chain.state().receipts[1].task, *chain.state().find_task("a"));
    EXPECT_NE(receipt_root(chain.state()), empty);
    // The root over leaves that are written out here, field by field.
    std::vector<Hash32> leaves;
    for (std::size_t i = 0; i < 2; ++i) {
        const Receipt& r = chain.state().receipts[i];
        const Bytes bytes = Writer()
                                .u32(r.task.value)
                                .fixed(chain.task(i == 0 ? "b" : "a").task_key)
                                .u8(static_cast<std::uint8_t>(TaskStatus::kCompleted))
                                .u8(0)
                                .amount(r.paid)
                                .amount(r.burned)
                                .amount(r.minted)
                                .u64(r.height)
                                .u8(0)  // anchored to Q-Chain
                                .take();
        leaves.push_back(merkle::leaf(bytes));
    }
    EXPECT_EQ(receipt_root(chain.state()), merkle::root(leaves));
    std::swap(leaves[0], leaves[1]);
    EXPECT_NE(receipt_root(chain.state()), merkle::root(leaves));
    const auto tip = chain.vm().get_block(chain.vm().last_accepted());
    EXPECT_EQ((*tip)->header().receipt_root, receipt_root(chain.state()));
}

}  // namespace
}  // namespace aivm::test
