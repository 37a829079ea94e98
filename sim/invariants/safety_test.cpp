// Each safety invariant observes replicas that do what they must not, next to one that does right.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing/test_chain.h"
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
    for (const char* id : {"S1", "S3", "S6", "S7", "S13", "S14", "S15", "S16"})
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
    seen.of("S6").before_accept(0, chain.vm(), parent, AcceptedBy::kPolls);
    EXPECT_THAT(seen.reported(), IsEmpty());
    seen.of("S6").before_accept(0, chain.vm(), child, AcceptedBy::kPolls);
    seen.of("S6").before_reject(0, chain.vm(), child);
    EXPECT_THAT(seen.reported(),
                ElementsAre("S6 validator[0] accepts a block whose parent is not its last accepted",
                            "S6 validator[0] rejects a block before its parent was decided"));
}

TEST_F(Safety, AnIdThatIsNotTheHashOfTheBytesViolatesCanonicalBytes) {
    Executed block = *next_block(chain);
    seen.of("S7").on_executed(block, chain.state());
    EXPECT_THAT(seen.reported(), IsEmpty());
    block.id.bytes[0] ^= 1;
    seen.of("S7").on_executed(block, chain.state());
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("does not survive decoding and encoding")));
}

TEST_F(Safety, AnAcceptedBlockMissingFromTheIndexViolatesTheHeightIndex) {
    const ExecutedPtr block = next_block(chain);
    seen.of("S13").on_accepted(3, chain.vm(), block);  // the VM never accepted it
    EXPECT_THAT(seen.reported(), ElementsAre("S13 validator[3] has a wrong index at height 1"));
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
    s14.on_restarted(2, chain.vm());
    EXPECT_THAT(seen.reported(), ElementsAre("S14 validator[1] has another state at height 1",
                                             "S14 validator[2] came back with another state"));
}

TEST_F(Safety, AStateThatComesBackWithOtherContentsUnderTheSameRootViolatesReplicatedState) {
    Invariant& s14 = seen.of("S14");
    chain.advance(1);
    Executed forged = *tip_of(chain);
    forged.state.waiting_tasks += 1;
    forged.state.validators.edit(0).stake += lux(1);
    s14.on_chain(forged, chain.genesis()->state);
    s14.on_restarted(0, chain.vm());
    EXPECT_THAT(seen.reported(), ElementsAre("S14 validator[0] came back with another state"));
}

TEST_F(Safety, CommittedStateThatMovesWithoutADecisionViolatesPureVerify) {
    Invariant& s15 = seen.of("S15");
    const ExecutedPtr block = next_block(chain);
    const Imposter changed(chain);
    ASSERT_EQ(changed.vm->last_accepted(), chain.vm().last_accepted());
    s15.on_verified(0, chain.vm(), block);
    s15.on_verified(0, chain.vm(), block);
    EXPECT_THAT(seen.reported(), IsEmpty());
    s15.on_verified(0, *changed.vm, block);
    EXPECT_THAT(seen.reported(),
                ElementsAre("S15 validator[0] changed committed state by verifying"));
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
