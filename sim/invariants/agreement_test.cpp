// Each safety invariant observes replicas that do what they must not, next to one that does right.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing/test_chain.h"
#include "sim/invariants/canonical_bytes.h"
#include "sim/testing/test_watch.h"

namespace aivm::sim::test {
namespace {

using aivm::test::submission;
using aivm::test::TestChain;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The block that comes next on the chain, not decided.
ExecutedPtr next_block(const TestChain& chain, std::uint64_t interval_ns = aivm::test::kBlockNs) {
    return chain.build({}, interval_ns).executed;
}

ExecutedPtr tip_of(TestChain& chain) { return chain.vm().executed(chain.vm().last_accepted()); }

// A VM on another store that says it stands where `chain` does, with another state.
struct Imposter {
    explicit Imposter(const TestChain& chain) {
        auto other = std::make_shared<Executed>(*chain.genesis());
        other->state.state_root.bytes[0] ^= 1;
        vm.emplace(std::move(*Vm::open({other, &chain.rules(), &executor, &store})));
    }
    DirectExecutor executor;
    MemoryStore store;
    std::optional<Vm> vm;
};

class Safety : public ::testing::Test {
protected:
    TestChain chain;
    Watched seen;
};

TEST_F(Safety, AReplicaThatDoesRightViolatesNothing) {
    for (ActorId node = 0; node < 3; ++node) {
        TestChain replica;
        for (int i = 0; i < 8; ++i) {
            const ExecutedPtr kept = next_block(replica);
            const ExecutedPtr dropped = next_block(replica, 2 * aivm::test::kBlockNs);
            const State parent = replica.state();
            for (const ExecutedPtr& block : {kept, dropped}) {
                ASSERT_TRUE(replica.vm().verify(block->block, block->block->header().timestamp_ns));
                for (const auto& one : seen.invariants) {
                    if (node == 0) one->on_executed(*block, parent);
                    one->on_verified(node, replica.vm(), block);
                }
            }
            for (const auto& one : seen.invariants)
                one->before_accept(node, replica.vm(), kept, AcceptedBy::kPolls);
            ASSERT_TRUE(replica.vm().accept(kept->id));
            for (const auto& one : seen.invariants) {
                if (node == 0) one->on_chain(*kept, parent);
                one->on_accepted(node, replica.vm(), kept);
                one->before_reject(node, replica.vm(), dropped);
            }
            ASSERT_TRUE(replica.vm().reject(dropped->id));
            for (const auto& one : seen.invariants) one->on_rejected(node, replica.vm(), dropped);
        }
        replica.restart();
        for (const auto& one : seen.invariants) one->on_restarted(node, replica.vm());
        seen.watch.vms[node] = nullptr;
    }
    EXPECT_THAT(seen.reported(), IsEmpty());
    for (const char* id : {"S1", "S3", "S4", "S5", "S6", "S7", "S8", "S12", "S13", "S14", "S15",
                           "S16", "S17", "S18"})
        EXPECT_GT(seen.of(id).checks(), 0U) << id;
}

TEST_F(Safety, TwoBlocksAtOneHeightViolateAgreementAndNameBothNodes) {
    const ExecutedPtr one = next_block(chain);
    const ExecutedPtr other = next_block(chain, 2 * aivm::test::kBlockNs);
    seen.of("S1").on_accepted(0, chain.vm(), one);
    seen.of("S1").on_accepted(1, chain.vm(), one);
    EXPECT_THAT(seen.reported(), IsEmpty());
    seen.of("S1").on_accepted(2, chain.vm(), other);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("S1 validator[2] accepted block")));
    EXPECT_THAT(seen.reported(),
                ElementsAre(HasSubstr("at height 1, where validator[0] had accepted")));
    EXPECT_EQ(seen.watch.violations.at(0).actors, (std::vector<ActorId>{2, 0}));
}

TEST_F(Safety, DecidingABlockTwiceOrUnverifiedViolatesStatusForward) {
    Invariant& s3 = seen.of("S3");
    const ExecutedPtr block = next_block(chain);
    s3.before_accept(0, chain.vm(), block, AcceptedBy::kPolls);
    ASSERT_THAT(seen.reported(),
                ElementsAre(HasSubstr("accepted although it was not processing by validator[0]")));
    s3.on_verified(1, chain.vm(), block);
    s3.before_accept(1, chain.vm(), block, AcceptedBy::kPolls);
    ASSERT_EQ(seen.reported().size(), 1U);
    s3.on_accepted(1, chain.vm(), block);
    s3.before_reject(1, chain.vm(), block);
    ASSERT_EQ(seen.reported().size(), 2U);
    EXPECT_THAT(seen.reported().back(), HasSubstr("rejected although it was not processing"));
    s3.on_verified(1, chain.vm(), block);
    ASSERT_EQ(seen.reported().size(), 3U);
    EXPECT_THAT(seen.reported().back(), HasSubstr("verified after its end"));
    s3.before_accept(1, chain.vm(), nullptr, AcceptedBy::kPolls);
    EXPECT_THAT(seen.reported().back(), HasSubstr("an unknown block was accepted"));
}

TEST_F(Safety, ARestartForgetsWhatWasProcessing) {
    Invariant& s3 = seen.of("S3");
    const ExecutedPtr block = next_block(chain);
    s3.on_verified(0, chain.vm(), block);
    s3.on_restarted(0, chain.vm());
    s3.before_accept(0, chain.vm(), block, AcceptedBy::kBootstrap);
    EXPECT_EQ(seen.reported().size(), 1U);
}

TEST_F(Safety, DecidingAChildBeforeItsParentViolatesTopologicalDecisions) {
    const ExecutedPtr parent = next_block(chain);
    TestChain ahead;
    ahead.advance(1);
    const ExecutedPtr child = next_block(ahead);
    ASSERT_EQ(child->block->parent(), parent->id);
    ASSERT_TRUE(chain.vm().verify(parent->block, parent->block->header().timestamp_ns));
    Invariant& s6 = seen.of("S6");
    s6.on_verified(0, chain.vm(), parent);
    s6.on_verified(0, chain.vm(), child);
    s6.before_accept(0, chain.vm(), parent, AcceptedBy::kPolls);
    EXPECT_THAT(seen.reported(), IsEmpty());
    s6.before_accept(0, chain.vm(), child, AcceptedBy::kPolls);
    s6.before_reject(0, chain.vm(), child);
    EXPECT_THAT(seen.reported(),
                ElementsAre("S6 validator[0] accepts a block whose parent is not its last accepted",
                            "S6 validator[0] rejects a block before its parent was decided"));
    s6.on_rejected(0, chain.vm(), parent);
    s6.before_reject(0, chain.vm(), child);
    EXPECT_EQ(seen.reported().size(), 2U) << "its parent is decided now";
}

TEST_F(Safety, DecidingWhatWasNeverVerifiedViolatesTopologicalDecisions) {
    const ExecutedPtr block = next_block(chain);
    seen.of("S6").before_accept(1, chain.vm(), block, AcceptedBy::kPolls);
    EXPECT_THAT(seen.reported(),
                ElementsAre("S6 validator[1] accepts a block that it has not verified"));
}

TEST_F(Safety, ABlockAcceptedBeforeItsParentViolatesParentFirst) {
    Invariant& s4 = seen.of("S4");
    const ExecutedPtr parent = next_block(chain);
    TestChain ahead;
    ahead.advance(1);
    const ExecutedPtr child = next_block(ahead);
    s4.before_accept(0, chain.vm(), parent, AcceptedBy::kPolls);
    s4.on_accepted(0, chain.vm(), parent);
    s4.before_accept(0, chain.vm(), child, AcceptedBy::kPolls);
    EXPECT_THAT(seen.reported(), IsEmpty());
    s4.before_accept(1, chain.vm(), child, AcceptedBy::kPolls);
    ASSERT_THAT(seen.reported(), ElementsAre(HasSubstr("S4 validator[1] accepts block")));
    s4.on_restarted(0, chain.vm());  // the accept had not reached the disk
    s4.before_accept(0, chain.vm(), child, AcceptedBy::kPolls);
    EXPECT_EQ(seen.reported().size(), 2U);
}

TEST_F(Safety, ADescendantOfARejectedBlockThatStaysViolatesDescendantsRejected) {
    Invariant& s5 = seen.of("S5");
    const ExecutedPtr parent = next_block(chain);
    TestChain ahead;
    ahead.advance(1);
    const ExecutedPtr child = next_block(ahead);
    for (const ActorId node : {0U, 1U}) {
        s5.on_verified(node, chain.vm(), parent);
        s5.on_verified(node, chain.vm(), child);
        s5.on_rejected(node, chain.vm(), parent);
    }
    EXPECT_EQ(s5.checks(), 0U) << "nothing was due before, and nothing is late yet";
    s5.on_rejected(0, chain.vm(), child);
    EXPECT_EQ(s5.checks(), 1U);
    seen.watch.time = kSecond;
    s5.on_verified(0, chain.vm(), next_block(chain, 2 * aivm::test::kBlockNs));
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(s5.checks(), 1U);
    s5.on_verified(1, chain.vm(), next_block(chain, 2 * aivm::test::kBlockNs));
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("S5 validator[1] keeps block")));
}

TEST_F(Safety, ARivalOfAnAcceptedBlockThatStaysViolatesDescendantsRejected) {
    Invariant& s5 = seen.of("S5");
    const ExecutedPtr winner = next_block(chain);
    const ExecutedPtr loser = next_block(chain, 2 * aivm::test::kBlockNs);
    const ExecutedPtr late = next_block(chain, 3 * aivm::test::kBlockNs);
    for (const ActorId node : {0U, 1U}) {
        s5.on_verified(node, chain.vm(), winner);
        s5.on_verified(node, chain.vm(), loser);
        s5.on_accepted(node, chain.vm(), winner);
    }
    s5.on_rejected(0, chain.vm(), loser);
    seen.watch.time = kSecond;
    s5.at_end();
    s5.on_verified(0, chain.vm(), late);
    EXPECT_THAT(seen.reported(), IsEmpty());
    s5.on_rejected(0, chain.vm(), late);
    s5.on_verified(1, chain.vm(), late);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("of which it has accepted a rival")));
    s5.on_verified(0, chain.vm(), late);
    seen.watch.time = 2 * kSecond;
    s5.on_verified(0, chain.vm(), loser);
    EXPECT_THAT(seen.reported().back(), HasSubstr("S5 validator[0] keeps block"))
        << "verified after its rival was accepted";
}

TEST_F(Safety, AcceptingTheChildOfARejectedBlockViolatesDescendantsRejected) {
    Invariant& s5 = seen.of("S5");
    const ExecutedPtr parent = next_block(chain);
    TestChain ahead;
    ahead.advance(1);
    const ExecutedPtr child = next_block(ahead);
    s5.on_verified(0, chain.vm(), parent);
    s5.on_rejected(0, chain.vm(), parent);
    s5.before_accept(0, chain.vm(), child, AcceptedBy::kPolls);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("whose parent it has rejected")));
}

TEST_F(Safety, TheBlocksOfAByzantineValidatorDoNotCountForAgreement) {
    seen.watch.dishonest = {2};
    seen.of("S1").on_accepted(2, chain.vm(), next_block(chain));
    seen.of("S1").on_accepted(0, chain.vm(), next_block(chain, 2 * aivm::test::kBlockNs));
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(seen.of("S1").checks(), 1U);
}

TEST(Jobs, TwoAcceptedBlocksThatSubmitOneJobViolateJobInOneBlock) {
    TestChain chain{aivm::test::served()};
    Watched seen;
    const OperationPtr task = chain.by("alice", submission("job"));
    const ExecutedPtr one = chain.build({task}).executed;
    const ExecutedPtr other = chain.build({task}, 2 * aivm::test::kBlockNs).executed;
    ASSERT_NE(one->id, other->id);
    seen.of("S2").on_chain(*one, chain.state());
    seen.of("S2").on_accepted(0, chain.vm(), one);
    seen.of("S2").on_accepted(1, chain.vm(), one);
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(seen.of("S2").checks(), 1U);
    seen.of("S2").on_accepted(2, chain.vm(), other);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("both submit job job")));
}

TEST(Jobs, AnOperationIncludedTwiceViolatesConsumedOnce) {
    TestChain chain{aivm::test::served()};
    Watched seen;
    const ExecutedPtr first = chain.build({chain.by("alice", submission("job"))}).executed;
    seen.of("S19").on_chain(*first, chain.state());
    EXPECT_THAT(seen.reported(), IsEmpty());
    seen.of("S19").on_chain(*first, chain.state());
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("S19 block 1 includes nonce 1 of")));
}

TEST(Jobs, ATaskThatEndsTwiceOrASecondResultViolatesConsumedOnce) {
    TestChain chain{aivm::test::served()};
    chain.assign("job");
    Watched seen;
    Executed block = *chain.build({}).executed;
    block.events = {event::ResultPosted{TaskIndex{0}, ProviderIndex{0}, 1},
                    event::TaskCompleted{TaskIndex{0}, 0, Amount(), Amount()}};
    seen.of("S19").on_chain(block, chain.state());
    EXPECT_THAT(seen.reported(), IsEmpty());
    block.events = {event::ResultPosted{TaskIndex{0}, ProviderIndex{0}, 2}};
    seen.of("S19").on_chain(block, chain.state());
    block.events = {event::TaskFailed{TaskIndex{0}}};
    seen.of("S19").on_chain(block, chain.state());
    EXPECT_THAT(seen.reported(),
                ElementsAre(HasSubstr("provider 0 posted a second result of task 0"),
                            HasSubstr("task 0 ended a second time")));
}

TEST_F(Safety, AnIdThatIsNotTheHashOfTheBytesViolatesCanonicalBytes) {
    Executed block = *next_block(chain);
    seen.of("S7").on_executed(block, chain.state());
    EXPECT_THAT(seen.reported(), IsEmpty());
    block.id.bytes[0] ^= 1;
    seen.of("S7").on_executed(block, chain.state());
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("does not survive decoding and encoding")));
}

TEST_F(Safety, ADecoderThatAcceptsAByteTooManyViolatesCanonicalBytes) {
    const auto lax = make_canonical_bytes([](ByteView bytes) -> Result<BlockPtr> {
        auto block = Block::decode(bytes);
        return block ? block : Block::decode(bytes.first(bytes.size() - 1));
    });
    lax->attach(seen.watch);
    const ExecutedPtr block = next_block(chain);
    lax->on_executed(*block, chain.state());
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("is accepted with a byte too many")));
    seen.of("S7").on_executed(*block, chain.state());
    EXPECT_EQ(seen.reported().size(), 1U);
}

TEST_F(Safety, AnAcceptedBlockMissingFromTheIndexViolatesTheHeightIndex) {
    const ExecutedPtr block = next_block(chain);
    seen.of("S13").on_accepted(3, chain.vm(), block);  // the VM never accepted it
    EXPECT_THAT(seen.reported(), ElementsAre("S13 validator[3] has a wrong index at height 1"));
}

TEST_F(Safety, AnIndexWithAnotherBlockThanWasAcceptedViolatesTheHeightIndex) {
    Invariant& s13 = seen.of("S13");
    chain.advance(1);
    s13.on_accepted(0, chain.vm(), tip_of(chain));
    TestChain other;
    other.block({}, 2 * aivm::test::kBlockNs);
    s13.on_restarted(0, chain.vm());
    EXPECT_THAT(seen.reported(), IsEmpty());
    s13.on_restarted(1, other.vm());
    EXPECT_THAT(seen.reported(),
                ElementsAre("S13 validator[1] has another block at height 1 than it accepted"));
}

TEST_F(Safety, AHeightThatFallsViolatesTipIsThere) {
    Invariant& s12 = seen.of("S12");
    chain.advance(1);
    s12.on_accepted(0, chain.vm(), tip_of(chain));
    s12.on_restarted(0, chain.vm());
    EXPECT_THAT(seen.reported(), IsEmpty());
    TestChain empty;
    s12.on_restarted(0, empty.vm());
    ASSERT_THAT(seen.reported(),
                ElementsAre("S12 validator[0] came back at height 0, and had height 1"));
    s12.on_disk_replaced(1);
    s12.on_restarted(1, empty.vm());
    EXPECT_EQ(seen.reported().size(), 1U) << "a new disk is empty";
}

TEST_F(Safety, AHeightThatJumpsViolatesTipIsThere) {
    chain.advance(2);
    seen.of("S12").on_accepted(0, chain.vm(), tip_of(chain));
    EXPECT_THAT(seen.reported(), ElementsAre("S12 validator[0] went from height 0 to height 2"));
}

TEST_F(Safety, ACrashMayLoseOnlyTheAcceptThatItInterrupted) {
    Invariant& s17 = seen.of("S17");
    const ExecutedPtr lost = next_block(chain);
    s17.before_accept(0, chain.vm(), lost, AcceptedBy::kPolls);
    s17.on_restarted(0, chain.vm());  // before the write
    chain.advance(1);
    const ExecutedPtr kept = tip_of(chain);
    s17.before_accept(1, chain.vm(), kept, AcceptedBy::kPolls);
    s17.on_restarted(1, chain.vm());  // after the write
    EXPECT_THAT(seen.reported(), IsEmpty());
    TestChain empty;
    s17.on_restarted(1, empty.vm());
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("S17 validator[1] came back with block")));
}

TEST_F(Safety, ANodeThatGoesOnAfterAFailedWriteOrStopsForNoReasonIsNamed) {
    Invariant& s17 = seen.of("S17");
    const ExecutedPtr block = next_block(chain);
    s17.on_verified(0, chain.vm(), block);
    s17.before_accept(0, chain.vm(), block, AcceptedBy::kPolls);
    EXPECT_EQ(s17.checks(), 0U) << "no write was interrupted";
    s17.on_verified(0, chain.vm(), block);
    s17.on_stopped(1, Error{ErrorCode::kBadParent, "accept out of order"});
    EXPECT_THAT(seen.reported(),
                ElementsAre(HasSubstr("S17 validator[0] goes on although it failed to accept"),
                            HasSubstr("S17 validator[1] stopped:")));
}

TEST_F(Safety, ABlockOfAWrongHeightOrTimeDoesNotFitItsParent) {
    Invariant& s8 = seen.of("S8");
    const ExecutedPtr block = next_block(chain);
    s8.on_executed(*block, chain.state());
    EXPECT_THAT(seen.reported(), IsEmpty());
    State later = chain.state();
    later.head.timestamp_ns = block->block->header().timestamp_ns + 1;
    s8.on_executed(*block, later);
    State higher = chain.state();
    higher.head.height += 1;
    s8.on_executed(*block, higher);
    EXPECT_EQ(seen.reported().size(), 2U);
}

TEST_F(Safety, ABlockFartherAheadOfTheClockThanTheSkewDoesNotFit) {
    Invariant& s8 = seen.of("S8");
    seen.watch.known_rules = chain.rules();
    const ExecutedPtr block = next_block(chain);
    const TimestampNs time = block->block->header().timestamp_ns;
    const std::uint64_t skew = chain.rules().parameters.policy.max_clock_skew_ns;
    seen.watch.clocks = {{0, time - std::min(time, skew)}, {1, time}};
    s8.on_verified(0, chain.vm(), block);
    s8.on_verified(1, chain.vm(), block);
    EXPECT_THAT(seen.reported(), IsEmpty());
    seen.watch.known_rules.parameters.policy.max_clock_skew_ns = 0;
    seen.watch.clocks[0] = time - 1;
    s8.on_verified(0, chain.vm(), block);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("which is 1 ns ahead of its clock")));
}

TEST_F(Safety, OtherBytesStoredThanExecutedViolateCanonicalBytes) {
    Invariant& s7 = seen.of("S7");
    chain.advance(8);
    const ExecutedPtr eighth = tip_of(chain);
    s7.on_executed(*eighth, chain.state());
    chain.advance(1);
    s7.on_accepted(0, chain.vm(), tip_of(chain));
    EXPECT_THAT(seen.reported(), IsEmpty());
    TestChain without;
    s7.on_accepted(1, without.vm(), tip_of(chain));
    EXPECT_THAT(seen.reported(),
                ElementsAre(HasSubstr("S7 validator[1] has stored other bytes of block")));
}

TEST_F(Safety, ABlockThatTheQueueDoesNotGiveAgainViolatesPureBuild) {
    Invariant& s10 = seen.of("S10");
    TestChain own{aivm::test::served()};
    seen.watch.known_rules = own.rules();
    seen.watch.vms = {{0, &own.vm()}};
    ASSERT_TRUE(own.vm().submit(own.by("alice", submission("job"))));
    const State parent = own.state();
    const BlockPtr block = own.vm().build_block(own.build_options()).value();
    const ExecutedPtr built = own.vm().executed(block->id());
    ASSERT_EQ(block->operations().size(), 1U);
    const QueueView view{own.vm().mempool(), own.state(), parent};
    s10.on_built(0, view, {built, parent, {}, {}});
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(s10.checks(), 1U);
    const ExecutedPtr empty = own.build({}).executed;  // leaves the job out
    for (int i = 0; i < 4; ++i) s10.on_built(0, view, {empty, parent, {}, {}});
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("and built again it is another")));
}

TEST_F(Safety, ABlockOnAnotherParentThanThePreferredViolatesExtendsPreference) {
    Invariant& s11 = seen.of("S11");
    const ExecutedPtr block = next_block(chain);
    const QueueView view{chain.vm().mempool(), chain.state(), chain.state()};
    seen.watch.preference = block->block->parent();
    s11.on_built(0, view, {block, chain.state(), {}, {}});
    EXPECT_THAT(seen.reported(), IsEmpty());
    seen.watch.preference = block->id;
    s11.on_built(0, view, {block, chain.state(), {}, {}});
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("S11 validator[0] built on")));
}

TEST_F(Safety, TwoBlocksOfOneBuilderOnOneParentViolateSignsOnce) {
    Invariant& s20 = seen.of("S20");
    seen.watch.vms = {{0, &chain.vm()}, {1, &chain.vm()}};
    seen.watch.dishonest = {1};
    const QueueView view{chain.vm().mempool(), chain.state(), chain.state()};
    const ExecutedPtr one = next_block(chain);
    const ExecutedPtr other = next_block(chain, 2 * aivm::test::kBlockNs);
    for (const ActorId node : {0U, 1U}) s20.on_built(node, view, {one, chain.state(), {}, {}});
    s20.on_disk_replaced(0);
    s20.on_built(0, view, {one, chain.state(), {}, {}});
    s20.on_built(1, view, {other, chain.state(), {}, {}});
    Executed elsewhere = *other;
    BlockHeader on_a_sibling = other->block->header();
    on_a_sibling.parent = one->id;
    elsewhere.block =
        std::make_shared<const Block>(on_a_sibling, std::vector<OperationPtr>{}, Bytes{});
    elsewhere.id = elsewhere.block->id();
    s20.on_built(0, view, {std::make_shared<const Executed>(elsewhere), chain.state(), {}, {}});
    EXPECT_THAT(seen.reported(), IsEmpty())
        << "a Byzantine one may, one block again is one, and a change of preference is no offence";
    s20.on_built(0, view, {other, chain.state(), {}, {}});
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("S20 validator[0] signed blocks")));
}

TEST_F(Safety, ABlockWhoseRecordTheDiskLostWithoutATraceIsNotHeldAgainstItsBuilder) {
    Invariant& s20 = seen.of("S20");
    seen.watch.vms = {{0, &chain.vm()}, {1, &chain.vm()}};
    const QueueView view{chain.vm().mempool(), chain.state(), chain.state()};
    const ExecutedPtr one = next_block(chain);
    const ExecutedPtr other = next_block(chain, 2 * aivm::test::kBlockNs);
    for (const ActorId node : {0U, 1U}) s20.on_built(node, view, {one, chain.state(), {}, {}});
    s20.on_disk_replaced(0);
    s20.on_writes_lost(0);
    s20.on_built(0, view, {other, chain.state(), {}, {}});
    EXPECT_THAT(seen.reported(), IsEmpty());
    s20.on_built(0, view, {one, chain.state(), {}, {}});
    s20.on_built(1, view, {other, chain.state(), {}, {}});
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("S20 validator[0] signed blocks"),
                                             HasSubstr("S20 validator[1] signed blocks")));
}

TEST_F(Safety, AnHonestValidatorSlashedForEquivocationViolatesSignsOnce) {
    Invariant& s20 = seen.of("S20");
    seen.watch.introduce(aivm::test::address_of("alice"), "validator[4]");
    seen.watch.introduce(aivm::test::address_of("bob"), "validator[5]");
    seen.watch.dishonest = {5};
    Executed block = *next_block(chain);
    event::Slashed slash;
    slash.cause = SlashCause::kEquivocation;
    slash.account = aivm::test::address_of("bob");
    block.events = {slash};
    s20.on_chain(block, chain.state());
    EXPECT_THAT(seen.reported(), IsEmpty());
    slash.account = aivm::test::address_of("alice");
    block.events = {slash};
    s20.on_chain(block, chain.state());
    EXPECT_THAT(seen.reported(),
                ElementsAre("S20 validator[4] was slashed for two blocks in one slot in block 1"));
}

TEST_F(Safety, AnotherStateAtTheSameBlockViolatesReplicatedState) {
    Invariant& s14 = seen.of("S14");
    chain.advance(1);
    const ExecutedPtr tip = tip_of(chain);
    s14.on_chain(*tip, chain.genesis()->state);
    s14.on_accepted(0, chain.vm(), tip);
    EXPECT_THAT(seen.reported(), IsEmpty());
    Executed forged = *tip;
    forged.state.state_root.bytes[0] ^= 1;
    s14.on_chain(forged, chain.genesis()->state);
    s14.on_accepted(1, chain.vm(), tip);
    seen.of("S18").on_chain(forged, chain.genesis()->state);
    seen.of("S18").on_restarted(2, chain.vm());
    EXPECT_THAT(seen.reported(), ElementsAre("S14 validator[1] has another state at height 1",
                                             "S18 validator[2] came back with another state"));
}

TEST_F(Safety, AStateThatComesBackWithOtherContentsUnderTheSameRootIsNotTheOneBefore) {
    Invariant& s18 = seen.of("S18");
    chain.advance(1);
    Executed forged = *tip_of(chain);
    forged.state.waiting_tasks += 1;
    forged.state.validators.edit(0).stake += lux(1);
    s18.on_chain(forged, chain.genesis()->state);
    s18.on_restarted(0, chain.vm());
    EXPECT_THAT(seen.reported(), ElementsAre("S18 validator[0] came back with another state"));
}

TEST_F(Safety, CommittedStateThatMovesWithoutADecisionViolatesPureVerify) {
    Invariant& s15 = seen.of("S15");
    const ExecutedPtr block = next_block(chain);
    const Imposter changed(chain);
    ASSERT_EQ(changed.vm->last_accepted(), chain.vm().last_accepted());
    ASSERT_TRUE(chain.vm().verify(block->block, block->block->header().timestamp_ns));
    s15.on_verified(0, chain.vm(), block);
    s15.on_verified(0, chain.vm(), block);
    EXPECT_THAT(seen.reported(), IsEmpty());
    s15.on_verified(0, *changed.vm, block);
    EXPECT_THAT(seen.reported(),
                ElementsAre("S15 validator[0] changed another state by verifying"));
}

TEST_F(Safety, AStateThatChangesBetweenVerifyAndItsDecisionViolatesPureVerify) {
    Invariant& s15 = seen.of("S15");
    const auto block = std::make_shared<Executed>(*next_block(chain));
    ASSERT_TRUE(chain.vm().verify(block->block, block->block->header().timestamp_ns));
    for (int i = 0; i < 15; ++i) s15.on_verified(1, chain.vm(), block);
    s15.on_verified(0, chain.vm(), block);  // the 16th is looked at with all its contents
    s15.before_accept(0, chain.vm(), block, AcceptedBy::kPolls);
    EXPECT_THAT(seen.reported(), IsEmpty());
    block->state.validators.edit(0).stake += lux(1);
    s15.before_reject(0, chain.vm(), block);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("S15 the state after block")));
}

TEST_F(Safety, ARejectThatMovesTheStateOrKeepsTheBlockViolatesLocalReject) {
    Invariant& s16 = seen.of("S16");
    const ExecutedPtr block = next_block(chain);
    ASSERT_TRUE(chain.vm().verify(block->block, block->block->header().timestamp_ns));
    s16.before_reject(0, chain.vm(), block);
    s16.on_rejected(0, chain.vm(), block);  // nothing happened in between: the block is still there
    ASSERT_THAT(seen.reported(),
                ElementsAre("S16 validator[0] changed more than the rejected block"));
    ASSERT_TRUE(chain.vm().reject(block->id));
    const Imposter changed(chain);
    s16.on_rejected(0, *changed.vm, block);
    ASSERT_EQ(seen.reported().size(), 2U);
    s16.on_rejected(0, chain.vm(), block);
    EXPECT_EQ(seen.reported().size(), 2U) << "the real one is in order";
}

}  // namespace
}  // namespace aivm::sim::test
