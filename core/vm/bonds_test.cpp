// Bonds: joining, leaving and claiming, and the escapes from a slash that must not exist.
#include <gtest/gtest.h>

#include "core/audit/audit.h"
#include "core/chain/vote_slot.h"
#include "core/execution/build.h"
#include "core/testing/test_chain.h"

namespace aivm::test {
namespace {

TEST(Bonds, RegistrationLocksTheBondAndRefusesLessThanTheMinimum) {
    TestOptions options;
    options.parameters.config.min_provider_bond = lux(1000);
    TestChain chain(options);
    chain.expect_refused(chain.by("p-1", registration("p-1", lux(1000) - Amount(1))),
                         ErrorCode::kInsufficientFunds);
    chain.expect_refused(chain.by("p-1", registration("p-1", lux(10'001))),
                         ErrorCode::kInsufficientFunds);
    chain.expect_refused(chain.by("p-1", registration("p-1", lux(1000), "none")),
                         ErrorCode::kInvalidArgument);
    chain.expect_refused(chain.by("p-1", registration("", lux(1000))), ErrorCode::kInvalidArgument);
    chain.expect_refused(chain.by("p-1", registration(std::string(65, 'x'), lux(1000))),
                         ErrorCode::kInvalidArgument);
    op::RegisterProvider twice = registration("p-1", lux(1000));
    twice.models = {"model", "model"};
    chain.expect_refused(chain.by("p-1", twice), ErrorCode::kInvalidArgument);
    op::RegisterProvider far = registration("p-1", lux(1000));
    far.endpoint = std::string(257, 'x');
    chain.expect_refused(chain.by("p-1", far), ErrorCode::kInvalidArgument);
    op::RegisterProvider lost = registration("p-1", lux(1000));
    lost.wallet = escrow_address();
    chain.expect_refused(chain.by("p-1", lost), ErrorCode::kInvalidArgument);
    chain.join("p-1");
    EXPECT_EQ(chain.balance("p-1"), lux(9000));
    chain.expect_refused(chain.by("bob", registration("p-1", lux(1000))), ErrorCode::kDuplicate);
}

TEST(Bonds, OneAccountRunsAtMostMaxProvidersPerNode) {
    TestOptions options;
    options.parameters.config.max_providers_per_node = 2;
    TestChain chain(options);
    chain.block({chain.by("bob", registration("a", lux(1000))),
                 chain.by("bob", registration("b", lux(1000)))});
    chain.expect_refused(chain.by("bob", registration("c", lux(1000))), ErrorCode::kLimitReached);
}

TEST(Bonds, LeavingTakesANoticeACooldownAndPaysTheOwner) {
    TestChain chain;
    chain.join("p-1");
    chain.expect_refused(chain.by("p-1", withdrawal("p-1")), ErrorCode::kWrongState);
    chain.expect_refused(chain.by("bob", leave("p-1")), ErrorCode::kNotAuthorized);
    chain.expect_refused(chain.by("p-1", leave("p-9")), ErrorCode::kProviderNotFound);
    chain.block({chain.by("p-1", leave("p-1"))});
    const Height since = chain.height();
    chain.expect_refused(chain.by("p-1", leave("p-1")), ErrorCode::kWrongState);
    chain.advance_to(since + 6);
    chain.expect_refused(chain.by("p-1", withdrawal("p-1")), ErrorCode::kBondLocked);
    chain.advance_to(since + 7);
    chain.expect_refused(chain.by("bob", withdrawal("p-1")), ErrorCode::kNotAuthorized);
    chain.block({chain.by("p-1", withdrawal("p-1"))});
    EXPECT_EQ(chain.balance("p-1"), lux(10'000));
    EXPECT_EQ(chain.provider("p-1").status, ProviderStatus::kLeft);
    chain.expect_refused(chain.by("p-1", withdrawal("p-1")), ErrorCode::kWrongState);
}

// F27: an id was lost for ever once its owner had left.
TEST(Bonds, F27TheOwnerComesBackUnderItsIdOnceTheBondIsWithdrawnAndNobodyElseDoes) {
    TestOptions options;
    options.parameters.config.min_provider_bond = lux(1000);
    TestChain chain(options);
    chain.join("p-1");
    chain.block({chain.by("p-1", leave("p-1"))});
    chain.expect_refused(chain.by("p-1", registration("p-1", lux(1000))), ErrorCode::kDuplicate);
    chain.advance(8);
    chain.block({chain.by("p-1", withdrawal("p-1"))});
    EXPECT_EQ(chain.provider("p-1").status, ProviderStatus::kLeft);
    chain.expect_refused(chain.by("bob", registration("p-1", lux(1000))), ErrorCode::kDuplicate);
    chain.block({chain.by("p-1", registration("p-1", lux(1200)))});
    EXPECT_TRUE(chain.provider("p-1").active());
    EXPECT_EQ(chain.provider("p-1").bond, lux(1200));
    EXPECT_EQ(chain.assign("job"), "p-1");
    chain.restart();
    EXPECT_EQ(chain.provider("p-1").bond, lux(1200));
}

TEST(Bonds, WhoLeavesGetsNoNewWorkButMayFinishWhatItHas) {
    TestChain chain;
    chain.join("p-1");
    chain.assign("mine");
    chain.block({chain.by("alice", submission("next")), chain.by("p-1", leave("p-1"))});
    chain.expect_refused(chain.by("alice", submission("late")), ErrorCode::kNoProvider);
    chain.advance(2);
    EXPECT_EQ(chain.task("next").status, TaskStatus::kPending);
    chain.post("mine", chain.truth("mine"));
    chain.advance(6);
    EXPECT_EQ(chain.task("mine").status, TaskStatus::kCompleted);
}

// D22 unbond cooldown equals commit + reveal: stake leaves one block before the slash. Here:
// cooldown below the window.
TEST(Bonds, D22TheBondStaysWhileAResultCanStillBeSlashedWhateverTheCooldown) {
    TestOptions options;
    options.parameters.policy.unbond_cooldown_blocks = 0;
    TestChain chain(options);
    chain.join("p-1");
    chain.assign("job");
    chain.block(
        {chain.by("p-1", leave("p-1")), chain.by("p-1", result("job", "p-1", chain.lie("job")))});
    const Answer truth = chain.truth("job");
    chain.expect_refused(chain.by("p-1", withdrawal("p-1")), ErrorCode::kBondLocked);
    chain.advance(4);
    chain.block({chain.by("bob", hidden_challenge("job", "bob", truth))});
    chain.expect_refused(chain.by("p-1", withdrawal("p-1")),
                         ErrorCode::kBondLocked);  // an open dispute locks the bond too
    chain.block({chain.by("bob", opening("job", "bob", truth))});
    // settled at the start of this block
    const auto left = chain.offer({chain.by("p-1", withdrawal("p-1"))});
    EXPECT_TRUE(left.empty());
    EXPECT_EQ(chain.balance("p-1"), lux(9'900));
}

TEST(Bonds, WithoutTheObligationRuleTheStakeEscapesAndTheAuditSaysSo) {
    TestOptions options;
    options.parameters.policy.unbond_cooldown_blocks = 0;
    options.parameters.policy.obligation_rule = false;
    TestChain chain(options);
    chain.join("p-1");
    chain.assign("job");
    chain.block(
        {chain.by("p-1", leave("p-1")), chain.by("p-1", result("job", "p-1", chain.lie("job")))});
    const Built escape = chain.build({chain.by("p-1", withdrawal("p-1"))});
    ASSERT_TRUE(escape.left_out.empty());
    const auto findings = audit_state(escape.executed->state, options.parameters);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].invariant, "E3");
    EXPECT_EQ(findings[0].message,
              "provider p-1 withdrew its bond while 1 result was still slashable until block 10");
}

// D23 deregistering allowed with open selections: paid without stake.
TEST(Bonds, D23ASelectionWithoutAnAnswerHoldsTheBondAsWell) {
    TestOptions options;
    options.parameters.policy.unbond_cooldown_blocks = 0;
    TestChain chain(options);
    chain.join("p-1");
    chain.assign("job");
    chain.block({chain.by("p-1", leave("p-1"))});
    chain.expect_refused(chain.by("p-1", withdrawal("p-1")), ErrorCode::kBondLocked);
}

// D24 only committed-but-silent is slashed: here, silence after selection.
TEST(Bonds, D24BeingSelectedAndSilentCostsSomething) {
    TestChain chain;
    chain.join("p-1");
    chain.assign("job");
    chain.advance(5);
    EXPECT_LT(chain.provider("p-1").bond, lux(1000));
    EXPECT_EQ(chain.last<event::Slashed>().at(0).cause, SlashCause::kTimeout);
}

// D34 slash takes unclaimed rewards only: claim first, cheat later.
TEST(Bonds, D34ASlashTakesTheBondFirstAndClaimingBeforeDoesNotHelp) {
    TestChain chain;
    chain.join("p-1");
    chain.assign("good");
    chain.post("good", chain.truth("good"));
    chain.advance(6);
    chain.block({chain.by("p-1", claim("p-1"))});
    chain.assign("bad");
    const Answer truth = chain.truth("bad");
    chain.post("bad", chain.lie("bad"));
    chain.block({chain.by("bob", hidden_challenge("bad", "bob", truth))});
    chain.block({chain.by("bob", opening("bad", "bob", truth))});
    chain.block();
    EXPECT_EQ(chain.provider("p-1").bond, lux(900));
}

// D37 claim zeroes the credit and pays nobody; anyone may claim for anyone.
TEST(Bonds, D37OnlyTheOwnerClaimsAndTheWalletIsPaidAllOfIt) {
    TestChain chain;
    chain.join("p-1");
    chain.expect_refused(chain.by("p-1", claim("p-1")), ErrorCode::kInsufficientFunds);
    chain.assign("job");
    chain.post("job", chain.truth("job"));
    chain.advance(6);
    const Amount credit = chain.provider("p-1").credit;
    ASSERT_FALSE(credit.is_zero());
    chain.expect_refused(chain.by("bob", claim("p-1")), ErrorCode::kNotAuthorized);
    chain.expect_refused(chain.by("wallet of p-1", claim("p-1")), ErrorCode::kNotAuthorized);
    chain.block({chain.by("p-1", claim("p-1"))});
    EXPECT_EQ(chain.balance("wallet of p-1"), credit);
    EXPECT_EQ(chain.provider("p-1").credit, Amount());
    EXPECT_EQ(chain.provider("p-1").rewards_total, credit);
}

TEST(Bonds, CreditCanBeClaimedOnlyWhenTheTaskIsFinal) {
    TestChain chain;
    chain.join("p-1");
    chain.assign("job");
    chain.post("job", chain.truth("job"));
    chain.advance(5);
    chain.expect_refused(chain.by("alice", claim("p-1")), ErrorCode::kNotAuthorized);
    EXPECT_EQ(chain.provider("p-1").credit, Amount());
    EXPECT_FALSE(
        chain.refusal(chain.by("p-1", claim("p-1"))));  // settled at the start of the next block
}

// A second block that validator 1 signed for slot 3.
op::Evidence evidence_against_1(const TestChain& chain) {
    const auto sign = [&](const Hash32& id) {
        return TestAuthorizer::sign(address_of("v-1"),
                                    slot_message(chain.rules().chain_id, {3, {}}, id));
    };
    const Hash32 one = salt_of("one");
    const Hash32 two = salt_of("two");
    return {1, 3, {}, one, sign(one), two, sign(two)};
}

// F26: a validator that was slashed to 1 nLUX went on proposing.
TEST(Bonds, F26AValidatorBelowTheMinimumStakeProposesNoMoreOnceTheEpochCloses) {
    TestOptions options;
    options.parameters.policy.validator_stake_min = lux(3000);
    TestChain chain(options);  // two validators with 5,000 LUX, which propose in turn
    chain.block({chain.by("bob", evidence_against_1(chain))});
    EXPECT_EQ(chain.state().validators[1].stake, lux(2500));
    chain.advance_to(11);
    EXPECT_TRUE(chain.state().validators[1].active);
    chain.block();
    ASSERT_EQ(chain.last<event::EpochClosed>().size(), 1U);
    EXPECT_FALSE(chain.state().validators[1].active);
    EXPECT_TRUE(chain.state().validators[0].active);
    BuildRequest request = chain.request();
    request.proposer = {1};
    const auto built = build_on(*chain.tip(), request, {}, chain.rules());
    ASSERT_FALSE(built.has_value());
    EXPECT_EQ(built.error().code, ErrorCode::kNotAuthorized);
    chain.advance(2);  // the other one proposes
}

// F26: evidence never aged.
TEST(Bonds, F26EvidenceIsTakenForItsTimeOnly) {
    TestOptions options;
    options.parameters.policy.evidence_ttl_blocks = 5;
    TestChain chain(options);
    chain.advance_to(7);
    EXPECT_FALSE(chain.refusal(chain.by("bob", evidence_against_1(chain))));
    chain.block();
    chain.expect_refused(chain.by("bob", evidence_against_1(chain)), ErrorCode::kWindowClosed);
}

TEST(Bonds, TwoSignedItemsForOneSlotCostHalfTheStakeOnce) {
    TestChain chain;
    const ProposalSlot slot{3, salt_of("parent")};
    const auto sign = [&](std::string_view who, const ProposalSlot& where, const Hash32& id) {
        return TestAuthorizer::sign(address_of(who),
                                    slot_message(chain.rules().chain_id, where, id));
    };
    const Hash32 one = salt_of("one");
    const Hash32 two = salt_of("two");
    const op::Evidence proof{1,   slot.number,           slot.parent, one, sign("v-1", slot, one),
                             two, sign("v-1", slot, two)};
    op::Evidence bad = proof;
    bad.second_id = one;
    bad.second_authorization = proof.first_authorization;
    chain.expect_refused(chain.by("bob", bad), ErrorCode::kInvalidArgument);
    bad = proof;
    bad.second_authorization = sign("v-0", slot, two);
    chain.expect_refused(chain.by("bob", bad), ErrorCode::kNotAuthorized);
    bad = proof;
    bad.slot = 4;
    chain.expect_refused(chain.by("bob", bad), ErrorCode::kNotAuthorized);
    // After a change of preference, a block of the same height on another parent is no offence.
    bad = proof;
    bad.second_authorization = sign("v-1", {3, salt_of("another parent")}, two);
    chain.expect_refused(chain.by("bob", bad), ErrorCode::kNotAuthorized);
    bad = proof;
    bad.validator = 2;
    chain.expect_refused(chain.by("bob", bad), ErrorCode::kNotFound);
    chain.block({chain.by("bob", proof)});
    EXPECT_EQ(chain.state().validators[1].stake, lux(2500));
    EXPECT_EQ(chain.totals().burned, lux(2250));
    EXPECT_EQ(chain.balance("bob"), lux(10'000) + lux(250)) << "the reporter's tenth";
    chain.expect_refused(chain.by("carol", proof), ErrorCode::kDuplicate);
}

// Prevotes for two different blocks in one round. Each slot of a vote is punished at most once,
// like that of a block.
TEST(Bonds, TwoVotesInOneSlotCostHalfTheStakeOnce) {
    TestOptions options;
    options.parameters.policy.evidence_ttl_blocks = 5;
    TestChain chain(options);
    const VoteSlot vote{0, 3, 2};
    const auto sign = [&](const VoteSlot& slot, const Hash32& id) {
        return TestAuthorizer::sign(address_of("v-1"),
                                    vote_message(chain.rules().chain_id, slot, id));
    };
    const auto proof = [&](const VoteSlot& named, const VoteSlot& signed_for) {
        const Hash32 one = salt_of("one");
        const Hash32 none{};
        return op::Evidence{1,    *evidence_slot(named), {}, one, sign(signed_for, one),
                            none, sign(signed_for, none)};
    };
    op::Evidence with_a_parent = proof(vote, vote);
    with_a_parent.parent = salt_of("parent");
    chain.expect_refused(chain.by("bob", with_a_parent), ErrorCode::kInvalidArgument);
    chain.expect_refused(chain.by("bob", proof({0, 3, 1}, vote)), ErrorCode::kNotAuthorized);
    chain.expect_refused(chain.by("bob", proof({1, 3, 2}, vote)), ErrorCode::kNotAuthorized);
    chain.block({chain.by("bob", proof(vote, vote))});
    EXPECT_EQ(chain.state().validators[1].stake, lux(2500));
    chain.expect_refused(chain.by("carol", proof(vote, vote)), ErrorCode::kDuplicate);
    chain.block({chain.by("carol", proof({1, 3, 2}, {1, 3, 2}))});
    EXPECT_EQ(chain.state().validators[1].stake, lux(1250)) << "another slot";
    chain.advance_to(8);
    chain.expect_refused(chain.by("bob", proof({0, 3, 1}, {0, 3, 1})), ErrorCode::kWindowClosed);
}

}  // namespace
}  // namespace aivm::test
