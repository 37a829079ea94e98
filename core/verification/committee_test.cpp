// How a committee's task ends: who is paid, who is slashed, and what a challenge changes.
#include <gtest/gtest.h>

#include <map>

#include "core/testing/committee_world.h"

namespace aivm::test {
namespace {

using B = Behaviour;

std::map<SlashCause, std::vector<event::Slashed>> slashes(const std::vector<VmEvent>& events) {
    std::map<SlashCause, std::vector<event::Slashed>> out;
    for (const VmEvent& e : events) {
        if (const auto* slashed = std::get_if<event::Slashed>(&e))
            out[slashed->cause].push_back(*slashed);
    }
    return out;
}

TEST(Committee, AgreesAndSharesFeeAndRewardEquallyWithTheRemainderToTheRequester) {
    CommitteeWorld world;
    const Amount before = world.chain.balance("alice");
    const Amount fee = Amount(1'000'000'007);
    world.draw("job", fee);
    world.play("job", std::vector(5, B::kHonest));
    EXPECT_EQ(world.chain.task("job").status, TaskStatus::kPosted);
    EXPECT_EQ(world.chain.task("job").provisional, world.chain.truth("job"));
    world.chain.advance(6);
    EXPECT_EQ(world.chain.task("job").status, TaskStatus::kCompleted);
    const Amount burned = fee.bps(1000);
    const Amount each = Amount((fee - burned).nlux() / 5);
    const Amount minted_each = Amount(burned.nlux() / 5);
    for (const std::string& member : world.members("job")) {
        EXPECT_EQ(world.chain.provider(member).credit, each + minted_each);
    }
    EXPECT_EQ(before - world.chain.balance("alice"), burned + Amount(each.nlux() * 5));
}

// The window opens after the block of the draw, as the one for challenges opens after the block of
// the result: it has commit_window_blocks blocks.
TEST(Committee, CommitsAreTakenInTheBlocksAfterTheDrawAndInNoOther) {
    CommitteeWorld world;
    world.chain.block({world.chain.by("alice", committee_task("job"))});
    world.chain.advance_to(world.drawn_at("job") - 1);
    const auto commit = [&] {
        return world.chain.by("p-1", world.commit("job", "p-1", world.chain.truth("job")));
    };
    world.chain.expect_refused(commit(), ErrorCode::kWindowNotOpen);
    world.chain.advance(1);
    Height taken = 0;
    for (; world.chain.height() < world.commits_until("job"); world.chain.block())
        taken += world.chain.refusal(commit()) ? 0 : 1;
    EXPECT_EQ(taken, kCommitWindow);
}

// D24: only committed-but-silent is slashed. D25: divergent answers cost nothing.
TEST(Committee, D24D25SlashesEachCauseByItsOwnRate) {
    CommitteeWorld world;
    world.draw("job");
    auto events =
        world.play("job", {B::kHonest, B::kHonest, B::kSilent, B::kUnrevealed, B::kHonest});
    const auto before = slashes(events);
    ASSERT_EQ(before.at(SlashCause::kSilent).size(), 1u);
    ASSERT_EQ(before.at(SlashCause::kUnrevealed).size(), 1u);
    EXPECT_EQ(before.at(SlashCause::kSilent)[0].taken, lux(20));
    EXPECT_EQ(before.at(SlashCause::kUnrevealed)[0].taken, lux(50));

    world.draw("other");
    world.play("other", {B::kHonest, B::kLiesOne, B::kHonest, B::kHonest, B::kLiesTwo});
    world.chain.advance(6);
    EXPECT_EQ(world.chain.task("other").status, TaskStatus::kCompleted);
    const auto after = slashes(world.chain.events());
    ASSERT_EQ(after.at(SlashCause::kDivergent).size(), 2u);
    EXPECT_EQ(after.at(SlashCause::kDivergent)[0].taken, lux(50));
    EXPECT_EQ(after.at(SlashCause::kDivergent)[0].burned, lux(50));
}

TEST(Committee, PaysOnlyThoseWhoGaveTheProvisionalAnswer) {
    CommitteeWorld world;
    world.draw("job");
    const auto members = world.members("job");
    world.play("job", {B::kLiesOne, B::kHonest, B::kHonest, B::kHonest, B::kSilent});
    world.chain.advance(6);
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(!world.chain.provider(members[i]).credit.is_zero(), i >= 1 && i <= 3) << i;
    }
}

TEST(Committee, WithoutQuorumReleasesEveryoneAndTheTaskIsDrawnAgain) {
    CommitteeWorld world;
    world.draw("job");
    const auto events =
        world.play("job", {B::kHonest, B::kHonest, B::kLiesOne, B::kLiesOne, B::kLiesTwo});
    EXPECT_TRUE(slashes(events).empty());
    const Task& task = world.chain.task("job");
    EXPECT_EQ(task.status, TaskStatus::kPending);
    EXPECT_EQ(task.escrow, millilux(900));
    world.chain.advance(2);
    EXPECT_EQ(world.chain.task("job").assignments, 2u);
    world.play("job", std::vector(5, B::kHonest));
    world.chain.advance(6);
    EXPECT_EQ(world.chain.task("job").status, TaskStatus::kCompleted);
}

TEST(Committee, RefundsTheFeeWhenNoReassignmentIsLeft) {
    VmParameters parameters = committee_parameters();
    parameters.policy.reassignments_max = 1;
    CommitteeWorld world(parameters);
    const Amount before = world.chain.balance("alice");
    world.draw("job");
    world.play("job", std::vector(5, B::kSilent));
    world.chain.advance(2);
    world.play("job", std::vector(5, B::kSilent));
    EXPECT_EQ(world.chain.task("job").status, TaskStatus::kFailed);
    EXPECT_EQ(world.chain.balance("alice"), before - millilux(100)) << "what admission burned";
}

TEST(Committee, WaitsForEnoughEligibleProvidersAndFailsAtTheTimeout) {
    CommitteeWorld world(committee_parameters(), 4);
    const Amount before = world.chain.balance("alice");
    world.chain.block({world.chain.by("alice", committee_task("job"))});
    world.chain.advance(3);
    EXPECT_EQ(world.chain.task("job").status, TaskStatus::kPending);
    world.chain.advance(3);
    EXPECT_EQ(world.chain.task("job").status, TaskStatus::kFailed);
    EXPECT_EQ(world.chain.balance("alice"), before - millilux(100)) << "what admission burned";
}

TEST(Committee, IsOverturnedByReexecutionWhichPaysTheMinorityThatWasRight) {
    CommitteeWorld world;
    world.draw("job");
    const auto members = world.members("job");
    world.play("job", {B::kLiesOne, B::kLiesOne, B::kLiesOne, B::kHonest, B::kLiesTwo});
    const Answer truth = world.chain.truth("job");
    EXPECT_NE(world.chain.task("job").provisional, truth);
    const Amount bob = world.chain.balance("bob");
    world.chain.block({world.chain.by("bob", hidden_challenge("job", "bob", truth))});
    world.chain.block({world.chain.by("bob", opening("job", "bob", truth))});
    world.chain.advance_to(world.chain.task("job").settle_at);
    const Task& task = world.chain.task("job");
    EXPECT_EQ(task.status, TaskStatus::kCompleted);
    EXPECT_EQ(task.provisional, truth);
    EXPECT_FALSE(world.chain.provider(members[3]).credit.is_zero());
    const auto slashed = slashes(world.chain.events());
    ASSERT_EQ(slashed.at(SlashCause::kWrongAnswer).size(), 4u);
    EXPECT_EQ(slashed.at(SlashCause::kWrongAnswer)[0].taken, lux(100));
    EXPECT_EQ(world.chain.balance("bob") - bob, lux(160));
    for (const std::size_t i : {0u, 1u, 2u, 4u})
        EXPECT_TRUE(world.chain.provider(members[i]).credit.is_zero());
}

TEST(Committee, OverturnedWithNobodyRightGoesBackToTheQueue) {
    CommitteeWorld world;
    world.draw("job");
    world.play("job", std::vector(5, B::kLiesOne));
    const Answer truth = world.chain.truth("job");
    world.chain.block({world.chain.by("bob", hidden_challenge("job", "bob", truth))});
    world.chain.block({world.chain.by("bob", opening("job", "bob", truth))});
    world.chain.advance_to(world.chain.task("job").settle_at);
    EXPECT_EQ(world.chain.task("job").status, TaskStatus::kPending);
    EXPECT_EQ(world.chain.task("job").escrow, millilux(900));
}

TEST(Committee, AWrongChallengeChangesNothingAndPaysTheFirstWhoWasRight) {
    CommitteeWorld world;
    world.draw("job");
    const auto members = world.members("job");
    world.play("job", {B::kLiesOne, B::kHonest, B::kHonest, B::kHonest, B::kHonest});
    const Answer lie = world.chain.lie("job");
    world.chain.block({world.chain.by("bob", hidden_challenge("job", "bob", lie))});
    world.chain.block({world.chain.by("bob", opening("job", "bob", lie))});
    world.chain.advance_to(world.chain.task("job").settle_at);
    EXPECT_EQ(world.chain.task("job").status, TaskStatus::kCompleted);
    const auto slashed = slashes(world.chain.events());
    EXPECT_EQ(slashed.at(SlashCause::kLostChallenge).at(0).to_provider, lux(5));
    EXPECT_EQ(slashed.at(SlashCause::kDivergent).size(), 1u);
    EXPECT_EQ(world.chain.provider(members[1]).credit,
              world.chain.provider(members[2]).credit + lux(5));
}

TEST(Committee, WithAWindowOfZeroIsSettledInTheNextBlockAndCannotBeChallenged) {
    VmParameters parameters = committee_parameters();
    parameters.config.challenge_window_blocks = 0;
    CommitteeWorld world(parameters);
    world.draw("job");
    world.play("job", std::vector(5, B::kLiesOne));
    EXPECT_EQ(world.chain.height(), world.reveals_until("job"));
    world.chain.block();
    EXPECT_EQ(world.chain.task("job").status, TaskStatus::kCompleted);
    EXPECT_EQ(world.chain.task("job").final_at, world.chain.task("job").posted_at + 1);
    world.chain.expect_refused(world.chain.by("bob", hidden_challenge("job", "bob", 1)),
                               ErrorCode::kWrongState);
}

TEST(Committee, MayAnswerInTheOpenWhereThePolicySaysSoAndIsCountedAtTheEndOfTheCommitWindow) {
    VmParameters parameters = committee_parameters();
    parameters.policy.commit_reveal = false;
    CommitteeWorld world(parameters);
    world.draw("job");
    const auto members = world.members("job");
    world.chain.expect_refused(world.chain.by(members[0], world.commit("job", members[0], 1)),
                               ErrorCode::kWrongState);
    const Answer lie = world.chain.lie("job");
    for (std::size_t i = 0; i < 3; ++i) {
        world.chain.block({world.chain.by(members[i], result("job", members[i], lie))});
    }
    world.chain.expect_refused(world.chain.by(members[0], result("job", members[0], 0)),
                               ErrorCode::kWrongState);
    world.chain.advance_to(world.commits_until("job"));
    EXPECT_EQ(world.chain.last<event::QuorumReached>().at(0).votes, 3u);
    EXPECT_EQ(slashes(world.chain.events()).at(SlashCause::kSilent).size(), 2u);
    world.chain.advance(6);
    EXPECT_EQ(world.chain.task("job").status, TaskStatus::kCompleted);
}

// Three of five equal bonds agree: 60 % of the stake.
TEST(Committee, AQuorumNeedsItsShareOfTheBondsOfAllDrawnMembers) {
    for (const std::uint32_t least_bps : {0U, 6000U, 6001U}) {
        VmParameters parameters = committee_parameters();
        parameters.policy.quorum_stake_bps = least_bps;
        CommitteeWorld world(parameters);
        world.draw("job");
        world.play("job", {B::kHonest, B::kHonest, B::kHonest, B::kLiesOne, B::kLiesTwo});
        const bool agreed = world.chain.task("job").status == TaskStatus::kPosted;
        EXPECT_EQ(agreed, least_bps <= 6000) << least_bps;
    }
}

}  // namespace
}  // namespace aivm::test
