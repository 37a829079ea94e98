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

// A chain with a task of alice's, who is honest, and one of bob's, who is not; p-1 is honest and
// able, p-2 is not honest.
class Work : public ::testing::Test {
protected:
    Work() {
        using aivm::test::address_of;
        FakeWatch& watch = seen.watch;
        watch.settings.chain.validators = 4;
        watch.introduce(address_of("alice"), "requester[0]");
        watch.introduce(address_of("bob"), "requester[1]", 1);
        watch.introduce(address_of("p-1"), "provider[0]");
        watch.introduce(address_of("p-2"), "provider[1]", 1);
        chain.block(
            {chain.by("alice", submission("honest")), chain.by("bob", submission("other"))});
        seen.of("L1").on_chain(*chain.tip(), chain.genesis()->state);
    }
    void events(std::vector<VmEvent> events) {
        Executed block = *chain.tip();
        block.events = std::move(events);
        seen.of("L1").on_chain(block, chain.state());
    }
    [[nodiscard]] ProviderIndex provider(std::string_view id) const {
        return *chain.state().find_provider(id);
    }

    TestChain chain{aivm::test::served({.providers = {"p-1", "p-2"}})};
    TaskIndex honest{0};
    TaskIndex other{1};
    Watched seen;
};

TEST_F(Work, WorkOfHonestRequestersThatIsNotFinalAtTheEndIsCounted) {
    seen.watch.settings.workload.tasks = 1;
    seen.watch.time = 90 * kSecond;
    events({event::TaskCompleted{other, 0, Amount(), Amount()}});
    seen.of("L1").at_end();
    EXPECT_THAT(seen.reported(), ElementsAre("L1 1 of 1 tasks were not final after 90 s"))
        << "what others submit does not count";
    EXPECT_TRUE(seen.of("L1").info().liveness);
    events({event::TaskCompleted{honest, 0, Amount(), Amount()}});
    seen.of("L1").at_end();
    EXPECT_EQ(seen.reported().size(), 1U);
}

TEST_F(Work, ATaskThatHonestProvidersCouldDoMustNotFail) {
    events({event::TaskAssigned{honest, provider("p-1"), Amount()}, event::TaskFailed{honest}});
    EXPECT_THAT(seen.reported(),
                ElementsAre(HasSubstr("L1 task 0 failed, although every provider")));
}

TEST_F(Work, ATaskThatALiarOrNobodyHadMayFail) {
    events({event::TaskAssigned{honest, provider("p-1"), Amount()},
            event::TaskAssigned{honest, provider("p-2"), Amount()}, event::TaskFailed{honest}});
    EXPECT_THAT(seen.reported(), IsEmpty());
    events({event::TaskSubmitted{honest}, event::TaskFailed{honest}});
    EXPECT_THAT(seen.reported(), IsEmpty()) << "nobody was drawn";
    seen.watch.dishonest = {2};
    events({event::TaskSubmitted{honest}, event::TaskAssigned{honest, provider("p-1"), Amount()},
            event::TaskFailed{honest}});
    EXPECT_THAT(seen.reported(), IsEmpty()) << "a validator may have censored the result";
}

TEST_F(Work, ATaskThatWasOpenDuringAFaultMayFail) {
    seen.watch.recovering = Recovery(100 * kSecond, 50 * kSecond, 50 * kSecond);
    events({event::TaskAssigned{honest, provider("p-1"), Amount()}, event::TaskFailed{honest}});
    EXPECT_THAT(seen.reported(), IsEmpty());
    seen.watch.time = 200 * kSecond;
    events({event::TaskSubmitted{honest}, event::TaskAssigned{honest, provider("p-1"), Amount()},
            event::TaskFailed{honest}});
    EXPECT_EQ(seen.reported().size(), 1U) << "submitted when all was well again";
}

TEST_F(Work, AChainThatStopsAlthoughThereIsWorkIsStalled) {
    Invariant& l1 = seen.of("L1");
    seen.watch.vms = {{0, &chain.vm()}};
    ASSERT_TRUE(chain.vm().wants_block());
    seen.watch.recovering = Recovery(std::nullopt, 50 * kSecond, 50 * kSecond);
    seen.watch.time = 50 * kSecond;
    l1.on_sample();
    EXPECT_THAT(seen.reported(), IsEmpty());
    seen.watch.time = 60 * kSecond;
    l1.on_sample();
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("L1 no block for 60.0 s although")));
}

TEST_F(Work, WhatWaitsOnlyWithValidatorsThatNeverBuildIsNoStall) {
    ASSERT_TRUE(chain.vm().wants_block());
    seen.watch.settings.chain.consensus = ConsensusKind::kSequencer;
    seen.watch.vms = {{1, &chain.vm()}};
    seen.watch.recovering = Recovery(std::nullopt, 50 * kSecond, 50 * kSecond);
    seen.watch.time = 60 * kSecond;
    seen.of("L1").on_sample();
    EXPECT_THAT(seen.reported(), IsEmpty());
    seen.watch.vms = {{0, &chain.vm()}};
    seen.watch.time = 120 * kSecond;
    seen.of("L1").on_sample();
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("although there is work"))) << "it builds";
}

TEST_F(Work, AChainThatMakesNoBlockAfterTheLastFaultIsReportedAtTheLimitAndNotBefore) {
    Invariant& l1 = seen.of("L1");
    seen.watch.vms = {{0, &chain.vm()}};
    Recovery& recovery = seen.watch.recovering;
    recovery = Recovery(100 * kSecond, 50 * kSecond, 1000 * kSecond);
    recovery.heal(1, {}, 100 * kSecond);
    seen.watch.time = 140 * kSecond;
    l1.on_sample();
    l1.at_end();
    EXPECT_THAT(seen.reported(), IsEmpty());
    seen.watch.time = 150 * kSecond;
    l1.on_sample();
    EXPECT_THAT(seen.reported(),
                ElementsAre("L1 no block in the 50.0 s after the last fault, at height 1"));
    l1.on_sample();
    EXPECT_EQ(seen.reported().size(), 1U) << "once";
}

TEST_F(Work, AFirstBlockThatCameTooLateIsReportedToo) {
    seen.watch.vms = {{0, &chain.vm()}};
    Recovery& recovery = seen.watch.recovering;
    recovery = Recovery(100 * kSecond, 5 * kSecond, 1000 * kSecond);
    recovery.heal(1, {}, 100 * kSecond);
    recovery.reach(0, 2, 108 * kSecond);
    seen.watch.time = 110 * kSecond;
    seen.of("L1").on_sample();
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("came 8.0 s after it, and 5.0 s is the")));
}

// The chain healed at 100 s and must have recovered at 150 s; the honest task is open.
class OpenWork : public Work {
protected:
    OpenWork() {
        Recovery& recovery = seen.watch.recovering;
        recovery = Recovery(100 * kSecond, 50 * kSecond, 1000 * kSecond);
        recovery.heal(1, {}, 100 * kSecond);
        recovery.reach(0, 2, 110 * kSecond);
        sample_at(150 * kSecond);
    }
    void sample_at(SimTime time) {
        seen.watch.time = time;
        seen.of("L1").on_sample();
    }
    void grow_to(Height height, std::uint64_t full_proof_blocks = 0) {
        Executed block = *chain.tip();
        block.events.clear();
        block.state.head.height = height;
        block.state.head.full_proof_blocks = full_proof_blocks;
        seen.of("L1").on_chain(block, chain.state());
    }
    static constexpr SimTime kFarBeyond = 100'000 * kSecond;
};

TEST_F(OpenWork, ATaskThatIsOpenLongAfterTheLastFaultIsNamed) {
    sample_at(1'000 * kSecond);
    EXPECT_THAT(seen.reported(), IsEmpty());
    const std::uint64_t before = seen.of("L1").checks();
    sample_at(kFarBeyond);
    EXPECT_THAT(seen.reported(),
                ElementsAre(HasSubstr("L1 task 0 is open 99900.0 s after the last fault")));
    EXPECT_EQ(seen.of("L1").checks(), before + 2) << "the task, and the stall";
}

TEST_F(OpenWork, ASlowChainIsJudgedByItsBlocks) {
    seen.watch.time = kFarBeyond;
    grow_to(60);
    sample_at(kFarBeyond + kSecond);
    EXPECT_THAT(seen.reported(), IsEmpty()) << "the window alone has more blocks";
    grow_to(60'000, 60'000);
    sample_at(kFarBeyond + 2 * kSecond);
    EXPECT_THAT(seen.reported(), IsEmpty()) << "all of them full of proofs";
    grow_to(60'001);
    sample_at(kFarBeyond + 3 * kSecond);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("L1 task 0 is open")));
}

TEST_F(OpenWork, ATaskThatEndedOrBeginsAnewHasItsTimeAgain) {
    seen.watch.time = kFarBeyond;
    events({event::TaskReturned{honest}});
    sample_at(kFarBeyond + 100 * kSecond);
    EXPECT_THAT(seen.reported(), IsEmpty()) << "another provider has it now";
    events({event::TaskCompleted{honest, 0, Amount(), Amount()}});
    sample_at(3 * kFarBeyond);
    EXPECT_THAT(seen.reported(), IsEmpty()) << "and what others submit does not count";
}

TEST_F(Work, AnOpenTaskOfARunWithoutFaultsIsLeftToTheEndOfTheRun) {
    seen.watch.recovering = Recovery(std::nullopt, 50 * kSecond, 1000 * kSecond);
    seen.watch.time = 100'000 * kSecond;
    seen.of("L1").on_sample();
    EXPECT_THAT(seen.reported(), IsEmpty());
}

TEST(Liveness, AValidatorThatDoesNotCatchUpIsNamedAtTheLimit) {
    Watched seen;
    seen.watch.settings.chain.validators = 3;
    Recovery& recovery = seen.watch.recovering;
    recovery = Recovery(100 * kSecond, 50 * kSecond, 1000 * kSecond);
    recovery.heal(9, {2}, 100 * kSecond);
    seen.watch.time = 140 * kSecond;
    seen.of("L3").on_sample();
    seen.of("L3").at_end();
    EXPECT_THAT(seen.reported(), IsEmpty());
    seen.watch.time = 150 * kSecond;
    seen.of("L3").on_sample();
    EXPECT_THAT(seen.reported(), ElementsAre("L3 1 of the validators had not reached height 9 "
                                             "50.0 s after the last fault"));
    EXPECT_EQ(seen.watch.violations[0].actors, (std::vector<ActorId>{2}));
}

TEST(Liveness, AValidatorThatStaysBehindWithoutAFaultIsNamed) {
    TestChain low;
    TestChain high;
    high.advance(1);
    Watched seen;
    seen.watch.settings.chain.validators = 2;
    seen.watch.vms = {{0, &high.vm()}, {1, &low.vm()}};
    seen.watch.recovering = Recovery(std::nullopt, 50 * kSecond, 50 * kSecond);
    seen.of("L3").on_chain(*high.tip(), low.state());
    for (SimTime now = 10; now <= 50; now += 10) {
        seen.watch.time = now * kSecond;
        seen.of("L3").on_sample();
    }
    EXPECT_THAT(seen.reported(), IsEmpty());
    seen.watch.time = 60 * kSecond;
    seen.of("L3").on_sample();
    EXPECT_THAT(seen.reported(),
                ElementsAre("L3 validator[1] is at height 0, where the chain was 50.0 s ago at 1"));
    EXPECT_GT(seen.of("L3").checks(), 1U);
}

TEST(Liveness, AMinorityThatFinalisesByItsOwnPollsIsNamed) {
    TestChain chain;
    Watched seen;
    Invariant& l6 = seen.of("L6");
    const ExecutedPtr block = chain.build({}).executed;
    seen.watch.time = 100 * kSecond;
    seen.watch.settings.chain.validators = 4;
    seen.watch.alone = {2};
    l6.on_faults_changed();
    l6.before_accept(2, chain.vm(), block, AcceptedBy::kPolls);
    EXPECT_THAT(seen.reported(), IsEmpty()) << "answers in flight may still finish a poll";
    seen.watch.time = 200 * kSecond;
    l6.before_accept(1, chain.vm(), block, AcceptedBy::kPolls);
    l6.before_accept(2, chain.vm(), block, AcceptedBy::kBootstrap);
    EXPECT_THAT(seen.reported(), IsEmpty()) << "the others, and what was decided elsewhere";
    l6.before_accept(2, chain.vm(), block, AcceptedBy::kPolls);
    EXPECT_THAT(seen.reported(),
                ElementsAre("L6 validator[2] finalised a block by polls while cut off"));
    EXPECT_FALSE(l6.info().liveness) << "a breach is a violation of safety";
    seen.watch.alone = {};
    l6.on_faults_changed();
    l6.before_accept(2, chain.vm(), block, AcceptedBy::kPolls);
    EXPECT_EQ(seen.reported().size(), 1U);
}

TEST(Liveness, APausedMinorityMayEndThePollsThatThePauseInterrupted) {
    TestChain chain;
    Watched seen;
    Invariant& l6 = seen.of("L6");
    const ExecutedPtr block = chain.build({}).executed;
    seen.watch.settings.chain.validators = 4;
    seen.watch.time = 100 * kSecond;
    seen.watch.alone = {2};
    l6.on_faults_changed();
    seen.watch.time = 200 * kSecond;
    l6.on_resumed(2);
    l6.on_resumed(1);
    l6.before_accept(2, chain.vm(), block, AcceptedBy::kPolls);
    EXPECT_THAT(seen.reported(), IsEmpty()) << "the answers came before it was cut off";
    EXPECT_EQ(l6.checks(), 1U);
    seen.watch.time = 300 * kSecond;
    l6.before_accept(2, chain.vm(), block, AcceptedBy::kPolls);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("L6 validator[2] finalised a block")));
}

TEST(Liveness, SidesWithDifferentBlocksAfterHealingDidNotConverge) {
    TestChain one;
    TestChain other;
    one.block({});
    other.block({}, 2 * aivm::test::kBlockNs);
    Watched seen;
    seen.watch.settings.chain.validators = 3;
    seen.watch.vms = {{0, &one.vm()}, {1, &one.vm()}};  // the third one is down
    Recovery& recovery = seen.watch.recovering;
    recovery = Recovery(100 * kSecond, 50 * kSecond, 50 * kSecond);
    recovery.heal(1, {}, 100 * kSecond);
    seen.of("L6").at_end();
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_GT(seen.of("L6").checks(), 0U);
    seen.watch.vms[2] = &other.vm();
    seen.of("L6").at_end();
    EXPECT_THAT(seen.reported(), ElementsAre("L6 validator[0] and validator[2] have different "
                                             "blocks at height 1 after the last fault"));
}

}  // namespace
}  // namespace aivm::sim::test
