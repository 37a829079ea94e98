// E8b and L4 are shown queues that keep their promises, and queues that refuse, withhold or lose.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing/test_chain.h"
#include "core/vm/offer.h"
#include "sim/testing/test_watch.h"

namespace aivm::sim::test {
namespace {

using aivm::test::hidden_challenge;
using aivm::test::submission;
using aivm::test::TestChain;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A chain, a queue of its own beside it, and what the invariants hear of both.
class Queues : public ::testing::Test {
protected:
    explicit Queues(const MempoolLimits& limits = {}) : queue(limits) {
        seen.watch.settings.vm = aivm::test::short_parameters();
        seen.watch.settings.chain.validators = 1;
        seen.watch.known_rules = chain.rules();
    }
    [[nodiscard]] QueueView view() { return {queue, chain.state(), chain.state()}; }
    Status offer(std::string_view id, const OperationPtr& operation) {
        const auto offer = offer_of(chain.state(), chain.rules(), *operation);
        const Status taken = offer ? queue.add(operation, *offer, chain.state())
                                   : Status(tl::unexpected(offer.error()));
        seen.of(id).on_offered(0, view(), operation, taken);
        return taken;
    }
    // The next block, built by a proposer with this queue.
    void block(std::string_view id, const std::vector<OperationPtr>& operations = {},
               const std::vector<OperationPtr>& censored = {},
               const std::vector<LeftOut>& refused = {}) {
        const State parent = chain.state();
        chain.block(operations);
        queue.remove_stale(chain.state(), operations);
        const ExecutedPtr tip = chain.tip();
        seen.of(id).on_built(0, view(), {tip, parent, censored, refused});
        seen.of(id).on_chain(*tip, parent);
    }
    // As a builder would say it that tried the operation for the next block.
    void refuse(std::string_view id, const OperationPtr& operation, ErrorCode reason) {
        const ExecutedPtr built = chain.build({}).executed;
        seen.of(id).on_built(0, view(), {built, chain.state(), {}, {{operation, reason}}});
    }

    TestChain chain{aivm::test::served()};
    Watched seen;
    Mempool queue;
};

class ReachableChallenge : public Queues {
protected:
    explicit ReachableChallenge(const MempoolLimits& limits = {}) : Queues(limits) {
        chain.assign("lie");
        chain.post("lie", chain.lie("lie"));
    }
    OperationPtr challenge(std::string_view sender, std::string_view job = "lie") {
        return chain.by(sender, hidden_challenge(job, sender, chain.truth(job)));
    }
};

TEST_F(ReachableChallenge, AChallengeThatTheNextBlockCarriesIsCompared) {
    const OperationPtr honest = challenge("bob");
    ASSERT_TRUE(offer("E8b", honest));
    block("E8b", {honest});
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(seen.of("E8b").checks(), 1U);
}

TEST_F(ReachableChallenge, AProposerThatHoldsItAndLeavesItOutViolatesE8b) {
    ASSERT_TRUE(offer("E8b", challenge("bob")));
    block("E8b");
    block("E8b");
    EXPECT_THAT(seen.reported(), IsEmpty()) << "proof_delay_max is 2 for a lane with one proof";
    block("E8b");
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("waited in the queues of 3 proposers")));
}

TEST_F(ReachableChallenge, ACensorAndAProposerWithoutItDoNotCount) {
    const OperationPtr honest = challenge("bob");
    ASSERT_TRUE(offer("E8b", honest));
    for (int i = 0; i < 2; ++i) block("E8b", {}, {honest});
    queue.remove(*honest);
    for (int i = 0; i < 2; ++i) block("E8b");
    EXPECT_THAT(seen.reported(), IsEmpty());
}

class FullProofLane : public ReachableChallenge {
protected:
    FullProofLane() : ReachableChallenge({.lane = 1}) {}
};

TEST_F(FullProofLane, AQueueThatRefusesAChallengeForLackOfRoomViolatesE8b) {
    ASSERT_TRUE(offer("E8b", challenge("alice")));
    ASSERT_EQ(offer("E8b", challenge("bob")).error().code, ErrorCode::kQueueFull);
    EXPECT_THAT(seen.reported(),
                ElementsAre(HasSubstr("of the wrong result of lie: the queue is full")));
}

TEST_F(FullProofLane, AChallengeOfARightResultMayBeRefused) {
    chain.assign("right");
    chain.post("right", chain.truth("right"));
    ASSERT_TRUE(offer("E8b", challenge("alice", "right")));
    ASSERT_EQ(offer("E8b", challenge("bob", "right")).error().code, ErrorCode::kQueueFull);
    block("E8b", {challenge("alice", "right")});
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(seen.of("E8b").checks(), 0U);
}

TEST_F(FullProofLane, ASecondChallengeOfTheSameResultByTheSameSenderMayBeRefused) {
    const OperationPtr first = challenge("bob");
    const OperationPtr second = challenge("bob");
    ASSERT_TRUE(offer("E8b", first));
    seen.of("E8b").on_offered(0, view(), second, fail(ErrorCode::kLimitReached));
    EXPECT_THAT(seen.reported(), IsEmpty());
    queue.remove(*first);
    seen.of("E8b").on_offered(0, view(), second, fail(ErrorCode::kLimitReached));
    EXPECT_EQ(seen.reported().size(), 1U) << "now it is the only one";
}

TEST_F(FullProofLane, AChallengeOutsideItsWindowMayBeRefused) {
    ASSERT_TRUE(offer("E8b", challenge("alice")));
    chain.advance(5);
    ASSERT_FALSE(offer("E8b", challenge("bob")));
    EXPECT_THAT(seen.reported(), IsEmpty());
}

TEST_F(ReachableChallenge, ASenderWithoutTheBondMayBeRefused) {
    const OperationPtr poor = challenge("nobody");
    ASSERT_EQ(offer("E8b", poor).error().code, ErrorCode::kInsufficientFunds);
    refuse("E8b", poor, ErrorCode::kInsufficientFunds);
    EXPECT_THAT(seen.reported(), IsEmpty());
}

TEST_F(ReachableChallenge, ARefusalForThePriceViolatesE8bUnlessEscalationIsStudied) {
    const OperationPtr honest = challenge("bob");
    const Status price = fail(ErrorCode::kInsufficientFunds);
    seen.watch.known_rules.parameters.policy.challenge_escalation = ChallengeEscalation::kPerLost;
    seen.of("E8b").on_offered(0, view(), honest, price);
    refuse("E8b", honest, ErrorCode::kInsufficientFunds);
    EXPECT_THAT(seen.reported(), IsEmpty()) << "excused by challenge_escalation";
    EXPECT_EQ(seen.of("E8b").checks(), 2U);
    seen.of("E8b").on_offered(0, view(), honest, fail(ErrorCode::kQueueFull));
    EXPECT_EQ(seen.reported().size(), 1U) << "which excuses no full queue";
    seen.watch.known_rules.parameters.policy.challenge_escalation = ChallengeEscalation::kNone;
    seen.of("E8b").on_offered(0, view(), honest, price);
    refuse("E8b", honest, ErrorCode::kInsufficientFunds);
    EXPECT_EQ(seen.reported().size(), 3U);
}

TEST_F(ReachableChallenge, ARefusalForALimitViolatesE8bUnlessTheLimitIsStudied) {
    const OperationPtr honest = challenge("bob");
    refuse("E8b", honest, ErrorCode::kLimitReached);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("a limit is reached")));
    seen.watch.known_rules.parameters.policy.disputes_per_result_max = 64;
    refuse("E8b", honest, ErrorCode::kLimitReached);
    EXPECT_EQ(seen.reported().size(), 1U);
    refuse("E8b", honest, ErrorCode::kWrongState);
    EXPECT_EQ(seen.reported().size(), 1U) << "an earlier operation of the block decided the result";
}

TEST_F(Queues, WorkThatWaitsAndIsIncludedIsCompared) {
    const OperationPtr task = chain.by("alice", submission("job"));
    ASSERT_TRUE(offer("L4", task));
    block("L4");
    block("L4", {task});
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(seen.of("L4").checks(), 2U) << "it waits, and the chain has it";
}

TEST_F(Queues, AQueueThatLosesWhatItTookViolatesL4) {
    const OperationPtr task = chain.by("alice", submission("job"));
    ASSERT_TRUE(offer("L4", task));
    queue.remove(*task);
    block("L4");
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("at height 0 and has lost it by height 1")));
    block("L4");
    EXPECT_EQ(seen.reported().size(), 1U) << "reported once";
}

// F15: a submission that met a full queue of tasks was lost.
TEST_F(Queues, WorkThatIsLostToAPassingRefusalViolatesL4) {
    const OperationPtr task = chain.by("alice", submission("job"));
    const OperationPtr other = chain.by("bob", submission("other"));
    ASSERT_TRUE(offer("L4", task));
    ASSERT_TRUE(offer("L4", other));
    queue.remove(*task);
    queue.remove(*other);
    block("L4", {}, {}, {{task, ErrorCode::kQueueFull}, {other, ErrorCode::kInsufficientFunds}});
    EXPECT_EQ(seen.reported().size(), 1U) << "the other refusal is final";
}

class SmallQueue : public Queues {
protected:
    SmallQueue() : Queues({.lane = 1, .ttl_blocks = 2}) {}
};

TEST_F(SmallQueue, ABetterBidAndTheEndOfItsTimeMayRemoveWork) {
    ASSERT_TRUE(offer("L4", chain.by("alice", submission("job", lux(1)))));
    ASSERT_TRUE(offer("L4", chain.by("bob", submission("better", lux(2))))) << "pushes it out";
    block("L4");
    EXPECT_THAT(seen.reported(), IsEmpty());
    block("L4");
    queue.refresh(chain.state(), [](const SignedOperation&) { return Fitness(); });
    EXPECT_EQ(queue.size(), 0U) << "expired";
    block("L4");
    EXPECT_THAT(seen.reported(), IsEmpty());
}

class FullRest : public Queues {
protected:
    FullRest() : Queues({.lane = 1}) {}
};

// A challenge before the result waits in the rest. A better bid pushes it out, and then the result
// comes.
TEST_F(FullRest, AClaimThatWasNotFitMayBePushedOutBeforeItIs) {
    chain.assign("lie");
    const OperationPtr early = chain.by("bob", hidden_challenge("lie", "bob", chain.truth("lie")));
    ASSERT_TRUE(offer("L4", early));
    ASSERT_TRUE(offer("L4", chain.by("alice", submission("better", lux(2)))));
    ASSERT_FALSE(queue.contains(*early));
    chain.post("lie", chain.lie("lie"));
    block("L4");
    EXPECT_THAT(seen.reported(), IsEmpty());
}

TEST_F(Queues, WorkOfARejectedBlockThatDoesNotWaitAgainViolatesL4) {
    const OperationPtr task = chain.by("alice", submission("job"));
    const BlockPtr block = chain.build({task}).executed->block;
    ASSERT_TRUE(chain.vm().verify(block, block->header().timestamp_ns));
    const ExecutedPtr executed = chain.vm().executed(block->id());
    ASSERT_TRUE(chain.vm().reject(block->id()));
    seen.of("L4").on_rejected(0, chain.vm(), executed);
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(seen.of("L4").checks(), 1U);
    TestChain other(aivm::test::served());
    seen.of("L4").on_rejected(0, other.vm(), executed);
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("rejected what carried it and has lost")));
}

TEST_F(Queues, WorkThatNobodyHoldsAfterACrashViolatesL4) {
    const OperationPtr task = chain.by("alice", submission("job"));
    ASSERT_TRUE(offer("L4", task));
    seen.of("L4").on_queue_lost(0);
    seen.watch.vms = {{0, &chain.vm()}};
    seen.watch.time = 30 * kSecond;
    seen.of("L4").at_end();
    EXPECT_THAT(seen.reported(), IsEmpty()) << "its client is about to send it again";
    seen.watch.time = 90 * kSecond;
    seen.of("L4").at_end();
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("when the last node that held it went")));
    ASSERT_TRUE(chain.vm().submit(task));
    seen.of("L4").at_end();
    chain.block_from_queue();
    seen.of("L4").at_end();
    EXPECT_EQ(seen.reported().size(), 1U) << "it waits, and then it is included";
}

TEST_F(Queues, WorkThatIsRefusedWhenItsClientSendsItAgainIsNotLost) {
    const OperationPtr task = chain.by("alice", submission("job"));
    ASSERT_TRUE(offer("L4", task));
    seen.of("L4").on_queue_lost(0);
    seen.of("L4").on_offered(1, queue_view_of(chain.vm()), task,
                             fail(ErrorCode::kLimitReached, "the queue is full"));
    seen.watch.vms = {{0, &chain.vm()}};
    seen.watch.time = 90 * kSecond;
    seen.of("L4").at_end();
    EXPECT_THAT(seen.reported(), IsEmpty());
}

}  // namespace
}  // namespace aivm::sim::test
