// Challenges of a posted result: the exact window, hidden claims, payments and slashes.
#include <gtest/gtest.h>

#include "core/testing/test_chain.h"
#include "core/verification/dispute.h"

namespace aivm::test {
namespace {

// A result of p-1, right or wrong. The chain is at the block of the result, and the challenge
// window is the next five blocks.
TestChain posted(bool lie, TestOptions options = {}) {
    TestChain chain(std::move(options));
    chain.join("p-1");
    chain.assign("job", "alice", lux(2));
    chain.post("job", lie ? chain.lie("job") : chain.truth("job"));
    return chain;
}

OperationPtr hide(TestChain& chain, std::string_view who, Answer claim) {
    return chain.by(who, hidden_challenge("job", who, claim));
}
OperationPtr show(TestChain& chain, std::string_view who, Answer claim) {
    return chain.by(who, opening("job", who, claim));
}

TEST(Optimistic, TheWindowOpensOneBlockAfterTheResultAndClosesAfterItsLastBlock) {
    TestChain chain(TestOptions{});
    chain.join("p-1");
    chain.assign("job");
    const Answer truth = chain.truth("job");
    // In the block p of the result itself, after it: refused.
    const auto left = chain.offer(
        {chain.by("p-1", result("job", "p-1", chain.lie("job"))), hide(chain, "bob", truth)});
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(left[0].reason, ErrorCode::kWindowClosed);
    const Height p = chain.height();
    EXPECT_FALSE(chain.refusal(hide(chain, "bob", truth)));  // p + 1
    chain.advance_to(p + 4);
    EXPECT_FALSE(chain.refusal(hide(chain, "bob", truth)));  // p + W
    chain.advance_to(p + 5);
    // p + W + 1: settled before any operation of that block.
    chain.expect_refused(hide(chain, "bob", truth), ErrorCode::kWrongState);
    chain.block();
    EXPECT_EQ(chain.task("job").status, TaskStatus::kCompleted);
}

TEST(Optimistic, AChallengeInTheLastBlockOfTheWindowStillWins) {
    TestChain chain = posted(true);
    chain.advance_to(chain.task("job").posted_at + 4);
    const Answer truth = chain.truth("job");
    chain.block({hide(chain, "bob", truth)});
    EXPECT_EQ(chain.height(), chain.task("job").posted_at + 5);
    chain.advance(1);
    chain.block({show(chain, "bob", truth)});
    EXPECT_TRUE(chain.task("job").proven_wrong);
    chain.block();
    EXPECT_EQ(chain.provider("p-1").bond, lux(900));
}

TEST(Optimistic, AWrongResultCostsTheBondWhichIsSharedOutAndBurned) {
    TestChain chain = posted(true);
    const Amount alice = chain.balance("alice");
    const Amount bob = chain.balance("bob");
    const Answer truth = chain.truth("job");
    chain.block({hide(chain, "bob", truth)});
    EXPECT_EQ(chain.balance("bob"), bob - lux(10));
    EXPECT_EQ(chain.task("job").status, TaskStatus::kChallenged);
    chain.block({show(chain, "bob", truth)});
    chain.block();
    EXPECT_EQ(chain.provider("p-1").bond, lux(900));
    EXPECT_EQ(chain.balance("bob"), bob + lux(40));             // bond back, 40% of 100
    EXPECT_EQ(chain.balance("alice"), alice + lux(10));         // 10%
    EXPECT_EQ(chain.totals().burned, lux(50) + millilux(200));  // and a tenth of the fee
    EXPECT_EQ(chain.totals().challenge_bonds, Amount());
    EXPECT_EQ(chain.task("job").status, TaskStatus::kPending);  // drawn again
    EXPECT_EQ(chain.task("job").escrow, millilux(1800));
    EXPECT_TRUE(chain.last<event::TaskReturned>().size() == 1);
}

TEST(Optimistic, AChallengerOfATrueResultLosesItsBondHalfToTheProvider) {
    TestChain chain = posted(false);
    const Answer lie = chain.lie("job");
    chain.block({hide(chain, "bob", lie)});
    chain.block({show(chain, "bob", lie)});
    EXPECT_EQ(chain.task("job").status,
              TaskStatus::kChallenged);  // a lost challenge does not shorten the window
    chain.advance_to(chain.task("job").posted_at + 5);
    EXPECT_EQ(chain.task("job").status, TaskStatus::kChallenged);
    chain.block();
    EXPECT_EQ(chain.task("job").status, TaskStatus::kCompleted);
    EXPECT_EQ(chain.provider("p-1").credit, lux(2) + lux(5));
    EXPECT_EQ(chain.balance("bob"), lux(10'000) - lux(10));
}

TEST(Optimistic, AClaimThatEqualsTheTruePostedAnswerWinsNothing) {
    TestChain chain = posted(false);
    const Answer truth = chain.truth("job");
    chain.block({hide(chain, "bob", truth)});
    chain.block({show(chain, "bob", truth)});
    EXPECT_EQ(chain.last<event::DisputeClosed>().at(0).challenger_won, false);
}

// F7: ten lost challenges for 49 LUX asked 10,240 LUX of the next challenger.
TEST(Optimistic, F7ALostChallengeRaisesNobodysBondUnlessThePolicySaysSo) {
    using enum ChallengeEscalation;
    for (const ChallengeEscalation escalation : {kNone, kPerLost, kPerOpen}) {
        TestOptions options;
        options.parameters.policy.challenge_escalation = escalation;
        options.parameters.policy.challenge_reveal_blocks = 1;
        TestChain chain = posted(false, options);
        const bool doubles = escalation != kNone;
        for (const std::uint64_t bond : {10U, 20U}) {
            const Amount before = chain.balance("bob");
            chain.block({hide(chain, "bob", chain.lie("job"))});
            EXPECT_EQ(chain.balance("bob"), before - lux(doubles ? bond : 10));
            chain.block();  // not revealed, and so lost
        }
        chain.block({hide(chain, "carol", chain.lie("job"))});
        EXPECT_EQ(chain.balance("carol"), lux(10'000) - lux(doubles ? 40 : 10));
    }
}

TEST(Optimistic, ChallengesSideBySidePayTheSameBond) {
    TestChain chain = posted(false);
    chain.block({hide(chain, "bob", 1), hide(chain, "carol", 1)});
    EXPECT_EQ(chain.totals().challenge_bonds, lux(20));
    chain.expect_refused(hide(chain, "bob", 2), ErrorCode::kDuplicate);
}

// Shields: k false challenges in one block. Under both escalating policies they price the next
// challenge out once they are lost; where open ones count, they themselves cost as much.
TEST(Optimistic, FalseChallengesSideBySidePriceOthersOutOnlyWherePolicyLetsThem) {
    using enum ChallengeEscalation;
    for (const ChallengeEscalation escalation : {kNone, kPerLost, kPerOpen}) {
        const bool counted = escalation == kPerOpen;
        TestOptions options;
        options.parameters.policy.challenge_escalation = escalation;
        TestChain chain = posted(true, options);
        const auto lie = static_cast<Answer>(chain.lie("job") + 1);
        chain.block(
            {hide(chain, "bob", lie), hide(chain, "carol", lie), hide(chain, "alice", lie)});
        EXPECT_EQ(chain.totals().challenge_bonds, counted ? lux(10 + 20 + 40) : lux(3 * 10));
        const Policy& policy = chain.rules().parameters.policy;
        EXPECT_EQ(*required_challenger_bond(policy, chain.task("job")),
                  counted ? lux(80) : lux(10));
        chain.block(
            {show(chain, "bob", lie), show(chain, "carol", lie), show(chain, "alice", lie)});
        EXPECT_EQ(*required_challenger_bond(policy, chain.task("job")),
                  escalation == kNone ? lux(10) : lux(80));
    }
}

TEST(Optimistic, TheEarliestTrueCommitmentIsRewardedAlthoughItIsOpenedLast) {
    TestChain chain = posted(true);
    const Answer truth = chain.truth("job");
    chain.block({hide(chain, "bob", truth), hide(chain, "carol", truth)});
    chain.block({show(chain, "carol", truth)});
    EXPECT_TRUE(chain.task("job").proven_wrong);
    EXPECT_EQ(chain.task("job").status, TaskStatus::kChallenged);  // bob's dispute is still open
    chain.block({show(chain, "bob", truth)});
    chain.block();
    EXPECT_EQ(chain.balance("bob"), lux(10'000) + lux(40));
    EXPECT_EQ(chain.balance("carol"), lux(10'000));  // also right: its bond is returned
}

TEST(Optimistic, AnEarlierFalseClaimDoesNotTakeTheRewardAndLosesItsBond) {
    TestChain chain = posted(true);
    const Answer truth = chain.truth("job");
    const auto nonsense = static_cast<Answer>(truth + 7);
    chain.block({hide(chain, "bob", nonsense)});
    chain.block({hide(chain, "carol", truth)});
    chain.block({show(chain, "bob", nonsense), show(chain, "carol", truth)});
    chain.block();
    EXPECT_EQ(chain.balance("carol"), lux(10'000) + lux(40));
    EXPECT_EQ(chain.balance("bob"), lux(10'000) - lux(10));
    // No provider was right: all of bob's bond burns. A tenth of the fee burned at admission.
    EXPECT_EQ(chain.totals().burned, lux(50) + lux(10) + millilux(200));
}

TEST(Optimistic, ACommitmentThatIsNotOpenedInTimeLoses) {
    TestChain chain = posted(true);
    const Answer truth = chain.truth("job");
    chain.block({hide(chain, "bob", truth)});
    const Height opened = chain.height();
    chain.advance_to(opened + 1);
    EXPECT_FALSE(chain.refusal(show(chain, "bob", truth)));  // block opened + 2 is the last
    chain.advance_to(opened + 2);
    EXPECT_EQ(chain.last<event::DisputeClosed>().at(0).challenger_won, false);
    chain.expect_refused(show(chain, "bob", truth), ErrorCode::kWrongState);
    chain.advance_to(chain.task("job").posted_at + 6);
    EXPECT_EQ(chain.task("job").status, TaskStatus::kCompleted);  // nobody else challenged
}

TEST(Optimistic, ACommitmentIsBoundToItsChallengerAndToItsClaim) {
    TestChain chain = posted(true);
    const Answer truth = chain.truth("job");
    const op::Challenge bobs = hidden_challenge("job", "bob", truth);
    chain.block({chain.by("bob", bobs), chain.by("carol", bobs)});  // carol copies what she sees
    op::ChallengeReveal copied = opening("job", "bob", truth);
    chain.expect_refused(chain.by("carol", copied), ErrorCode::kInvalidArgument);
    chain.expect_refused(show(chain, "bob", chain.lie("job")), ErrorCode::kInvalidArgument);
    chain.expect_refused(chain.by("alice", copied), ErrorCode::kWrongState);
}

TEST(Optimistic, AfterTheProofNobodyCanChallengeTheSameResultAgain) {
    TestChain chain = posted(true);
    const Answer truth = chain.truth("job");
    chain.block({hide(chain, "bob", truth), hide(chain, "carol", truth)});
    chain.block({show(chain, "bob", truth)});
    chain.expect_refused(hide(chain, "alice", truth), ErrorCode::kWrongState);
}

TEST(Optimistic, ChallengesInTheClearAreAPolicyAndAreJudgedAtOnce) {
    TestOptions options;
    options.parameters.policy.challenge_in_clear = true;
    TestChain chain = posted(true, options);
    op::Challenge open = hidden_challenge("job", "bob", chain.truth("job"));
    chain.expect_refused(chain.by("bob", open), ErrorCode::kInvalidArgument);
    open.claim = chain.truth("job");
    chain.block({chain.by("bob", open)});
    chain.block();
    EXPECT_EQ(chain.balance("bob"), lux(10'000) + lux(40));
    TestChain hidden = posted(true);
    hidden.expect_refused(hidden.by("bob", open), ErrorCode::kInvalidArgument);
}

TEST(Optimistic, SettlementWaitsForADisputeThatOutlivesTheWindow) {
    TestOptions options;
    options.parameters.policy.challenge_reveal_blocks = 9;
    TestChain chain = posted(false, options);
    const Height p = chain.height();
    chain.advance_to(p + 4);
    chain.block({hide(chain, "bob", 1)});
    chain.advance_to(p + 14);  // deadline: p + 5 + 9
    EXPECT_EQ(chain.task("job").status, TaskStatus::kChallenged);
    EXPECT_EQ(chain.task("job").disputes_open, 0U);
    chain.block();
    EXPECT_EQ(chain.task("job").status, TaskStatus::kCompleted);
}

TEST(Optimistic, ASecondResultHasItsOwnWindowAndItsOwnBonds) {
    TestChain chain = posted(true);
    const Answer truth = chain.truth("job");
    chain.block({hide(chain, "bob", truth), hide(chain, "carol", chain.lie("job"))});
    chain.block({show(chain, "bob", truth), show(chain, "carol", chain.lie("job"))});
    chain.advance(3);
    ASSERT_EQ(chain.task("job").status, TaskStatus::kAssigned);
    chain.post("job", truth);
    EXPECT_EQ(*required_challenger_bond(chain.rules().parameters.policy, chain.task("job")),
              lux(10));
    chain.advance_to(chain.height() + 6);
    EXPECT_EQ(chain.task("job").status, TaskStatus::kCompleted);
    EXPECT_EQ(chain.provider("p-1").tasks_completed, 1U);
}

TEST(Optimistic, AChallengerNeedsTheBond) {
    TestOptions options;
    options.names = {"alice", "p-1"};
    TestChain chain = posted(true, options);
    chain.expect_refused(hide(chain, "nobody", 1), ErrorCode::kInsufficientFunds);
}

}  // namespace
}  // namespace aivm::test
