// S26 and the rounds of S20, under an engine whose rounds go on through all heights.
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

// Four blocks in a row, each voted for by all in the round of its height; and a rival of the
// second.
class Locks : public ::testing::Test {
protected:
    Locks() {
        seen.watch.settings.chain.consensus = ConsensusKind::kHotstuff;
        for (Height height = 1; height <= 4; ++height) {
            if (height == 2) rival = chain.build({}, 2 * aivm::test::kBlockNs).executed;
            blocks.push_back(chain.build({}).executed);
            chain.advance(1);
            s26.on_verified(0, chain.vm(), blocks.back());
            vote_all(blocks.back(), static_cast<std::uint32_t>(height));
        }
        s26.on_verified(0, chain.vm(), rival);
    }
    void vote(ActorId node, const ExecutedPtr& block, std::uint32_t round) {
        s26.on_vote(node, {{0, block->state.head.height, round}, block->id, {}});
    }
    void vote_all(const ExecutedPtr& block, std::uint32_t round) {
        for (ActorId node = 0; node < 4; ++node) vote(node, block, round);
    }

    TestChain chain;
    Watched seen;
    Invariant& s26 = seen.of("S26");
    std::vector<ExecutedPtr> blocks;
    ExecutedPtr rival;
};

TEST_F(Locks, AValidatorThatKeepsItsLockViolatesNothing) {
    vote_all(chain.build({}).executed, 5);
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_GT(s26.checks(), 0U);
}

TEST_F(Locks, AVoteAgainstTheLockViolatesKeepsItsLock) {
    vote(3, rival, 5);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("S26 validator[3] voted for block")));
}

TEST_F(Locks, ALaterCertificateFreesALock) {
    seen.watch.dishonest = {0, 1, 2};
    for (const ActorId node : {0U, 1U, 2U}) vote(node, blocks.front(), 5);  // the rival's parent
    vote(3, rival, 6);
    EXPECT_THAT(seen.reported(), IsEmpty());
}

TEST_F(Locks, WhatByzantineValidatorsVoteForBreaksNoPromise) {
    seen.watch.dishonest = {3};
    vote(3, rival, 5);
    EXPECT_THAT(seen.reported(), IsEmpty());
}

TEST_F(Locks, ALostDiskHoldsNoLock) {
    s26.on_writes_lost(3);
    vote(3, rival, 5);
    EXPECT_THAT(seen.reported(), IsEmpty());
}

TEST_F(Locks, ARoundBeforeOneVotedInViolatesSignsOnce) {
    Invariant& s20 = seen.of("S20");
    s20.on_round(1, 1);
    s20.on_vote(1, {{0, 4, 4}, blocks[3]->id, {}});
    s20.on_round(1, 4);
    s20.on_round(1, 7);
    EXPECT_THAT(seen.reported(), IsEmpty());
    s20.on_round(1, 3);
    EXPECT_THAT(seen.reported(),
                ElementsAre(HasSubstr("says that it is in round 3, and voted in round 4")));
    s20.on_disk_replaced(1);
    s20.on_round(1, 1);
    EXPECT_EQ(seen.reported().size(), 1U) << "a new disk does not know";
}

}  // namespace
}  // namespace aivm::sim::test
