// Committees: who is drawn, what is taken when, who is paid and who pays.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "core/base/digest.h"
#include "core/tasks/admission.h"
#include "core/tasks/assignment.h"
#include "core/verification/committee_world.h"

namespace aivm::test {
namespace {

using B = Behaviour;

std::vector<ProviderIndex> providers(std::uint32_t count) {
    std::vector<ProviderIndex> out;
    for (std::uint32_t i = 0; i < count; ++i) out.push_back(ProviderIndex{i});
    return out;
}

std::map<SlashCause, std::vector<event::Slashed>> slashes(const std::vector<VmEvent>& events) {
    std::map<SlashCause, std::vector<event::Slashed>> out;
    for (const VmEvent& e : events) {
        if (const auto* slashed = std::get_if<event::Slashed>(&e)) out[slashed->cause].push_back(*slashed);
    }
    return out;
}

TEST(CommitteeDraw, TakesMembersOneByOneFromWhatRemains) {
    const Hash32 seed = salt_of("seed");
    std::vector<ProviderIndex> remaining = providers(9);
    std::vector<ProviderIndex> expected;
    for (std::uint32_t i = 0; i < 4; ++i) {
        // The i-th draw by long division, digit by digit in base 16, instead of the function under test.
        std::uint64_t at = 0;
        for (const char digit : to_hex(keccak256(Writer().fixed(seed).u32(i).view()).view())) {
            at = (at * 16 + static_cast<std::uint64_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10)) %
                 remaining.size();
        }
        expected.push_back(remaining[at]);
        remaining[at] = remaining.front();  // what was in front takes the place of what was drawn
        remaining.erase(remaining.begin());
    }
    EXPECT_EQ(draw_committee(providers(9), seed, 4), expected);
}

TEST(CommitteeDraw, IsDistinctAndFairOverManySeeds) {
    std::map<std::uint32_t, int> chosen;
    for (std::uint32_t i = 0; i < 4000; ++i) {
        const auto members = draw_committee(providers(8), keccak256(Writer().u32(i).view()), 5);
        EXPECT_EQ(std::set<ProviderIndex>(members.begin(), members.end()).size(), 5u);
        for (const ProviderIndex member : members) chosen[member.value] += 1;
    }
    // Binomial(4000, 5/8): 2500 expected, standard deviation 31.
    for (const auto& [provider, count] : chosen) EXPECT_NEAR(count, 2500, 155) << provider;
}

TEST(CommitteeDraw, FollowsABeaconThatTheRequesterCannotKnow) {
    EXPECT_EQ(draw_seed(salt_of("task"), salt_of("beacon")),
              keccak256({salt_of("task").view(), salt_of("beacon").view()}));
    CommitteeWorld world(committee_parameters(), 12);
    world.draw("job");
    const Task& task = world.chain.task("job");
    const auto expected = draw_committee(providers(12), draw_seed(task.task_key, world.chain.state().head.beacon), 5);
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(task.seats[i].provider, expected[i]);
    EXPECT_EQ(task.draw_at, task.submitted_at + 2);
}

TEST(CommitteeCommitment, BindsEveryFieldIn32BytesEach) {
    CommittedResult r;
    r.task_key = salt_of("task");
    r.model = salt_of("model");
    r.input.fill(7);
    r.answer = 9;
    r.embedding_digest = empty_embedding_digest();
    r.operator_address = address_of("p-1");
    r.nonce = salt_of("nonce");
    const Bytes input(32, 7);
    const Bytes output{9};
    const Bytes padding(12, 0);
    EXPECT_EQ(result_commitment(r),
              keccak256({r.task_key.view(), r.model.view(), keccak256(input).view(), keccak256(output).view(),
                         keccak256(ByteView{}).view(), padding, r.operator_address.view(), r.nonce.view()}));
}

TEST(CommitteeCommitment, HidesTheFeeThatTheTaskWasSubmittedWith) {
    EXPECT_NE(task_key(address_of("alice"), committee_task("job", lux(1))),
              task_key(address_of("alice"), committee_task("job", lux(2))));
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

TEST(Committee, SlashesEachCauseByItsOwnRate) {
    CommitteeWorld world;
    world.draw("job");
    auto events = world.play("job", {B::kHonest, B::kHonest, B::kSilent, B::kUnrevealed, B::kHonest});
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

TEST(Committee, TakesNoRevealBeforeTheCommitWindowHasRunOutEvenWhenAllHaveCommitted) {
    CommitteeWorld world;
    world.draw("job");
    const auto members = world.members("job");
    std::vector<OperationPtr> commits;
    for (const auto& m : members) commits.push_back(world.chain.by(m, world.commit("job", m, 1)));
    world.chain.block(commits);
    while (world.chain.height() < world.commits_until("job")) {
        world.chain.expect_refused(world.chain.by(members[0], world.reveal("job", members[0], 1)),
                                   ErrorCode::kWindowClosed);
        world.chain.block();
    }
    EXPECT_EQ(world.chain.refusal(world.chain.by(members[0], world.reveal("job", members[0], 1))), std::nullopt);
}

TEST(Committee, TakesTheLastCommitAndRevealInTheLastBlockOfTheirWindows) {
    CommitteeWorld world;
    world.draw("job");
    const auto members = world.members("job");
    const auto commit_of = [&](std::size_t i) {
        return world.chain.by(members[i], world.commit("job", members[i], 1));
    };
    const auto reveal_of = [&](std::size_t i) {
        return world.chain.by(members[i], world.reveal("job", members[i], 1));
    };
    world.chain.advance_to(world.commits_until("job") - 1);
    world.chain.block({commit_of(0), commit_of(1), commit_of(2)});
    // Who was silent until then has no seat any more.
    world.chain.expect_refused(commit_of(3), ErrorCode::kNotAuthorized);
    world.chain.advance_to(world.reveals_until("job") - 1);
    world.chain.block({reveal_of(0), reveal_of(1)});
    EXPECT_EQ(world.chain.last<event::QuorumMissed>().size(), 1u);
    world.chain.expect_refused(reveal_of(2), ErrorCode::kWrongState);
}

TEST(Committee, CountsAProviderOnce) {
    CommitteeWorld world;
    world.draw("job");
    const auto members = world.members("job");
    const std::string& m = members[0];
    world.chain.block({world.chain.by(m, world.commit("job", m, 1))});
    world.chain.expect_refused(world.chain.by(m, world.commit("job", m, 2)), ErrorCode::kWrongState);
    world.chain.advance_to(world.commits_until("job"));
    world.chain.block({world.chain.by(m, world.reveal("job", m, 1))});
    world.chain.expect_refused(world.chain.by(m, world.reveal("job", m, 1)), ErrorCode::kWrongState);
    world.chain.advance_to(world.reveals_until("job"));
    EXPECT_EQ(world.chain.last<event::QuorumReached>().size(), 0u);
}

TEST(Committee, RefusesACopiedCommitmentWhenItIsRevealed) {
    CommitteeWorld world;
    world.draw("job");
    const auto members = world.members("job");
    op::Commit copied = world.commit("job", members[0], 1);
    const auto original = world.chain.by(members[0], copied);
    copied.provider_id = members[1];
    world.chain.block({original, world.chain.by(members[1], copied)});
    world.chain.advance_to(world.commits_until("job"));
    op::Reveal stolen = world.reveal("job", members[0], 1);
    stolen.provider_id = members[1];
    world.chain.expect_refused(world.chain.by(members[1], stolen), ErrorCode::kInvalidArgument);
    EXPECT_EQ(world.chain.refusal(world.chain.by(members[0], world.reveal("job", members[0], 1))), std::nullopt);
}

TEST(Committee, RefusesAnEmbeddingThatNoModelDefinesAndAnAnswerThatWasNotCommitted) {
    CommitteeWorld world;
    world.draw("job");
    const std::string m = world.members("job")[0];
    world.chain.block({world.chain.by(m, world.commit("job", m, 1))});
    world.chain.advance_to(world.commits_until("job"));
    world.chain.expect_refused(world.chain.by(m, world.reveal("job", m, 2)), ErrorCode::kInvalidArgument);
    op::Reveal other = world.reveal("job", m, 1);
    other.embedding_digest = salt_of("embedding");
    world.chain.expect_refused(world.chain.by(m, other), ErrorCode::kInvalidArgument);
}

TEST(Committee, ListensOnlyToItsMembersAndTheirOwners) {
    CommitteeWorld world(committee_parameters(), 6);
    world.draw("job");
    const auto members = world.members("job");
    std::string outsider;
    for (int i = 1; i <= 6; ++i) {
        const std::string name = "p-" + std::to_string(i);
        if (std::find(members.begin(), members.end(), name) == members.end()) outsider = name;
    }
    world.chain.expect_refused(world.chain.by(outsider, world.commit("job", outsider, 1)), ErrorCode::kNotAuthorized);
    world.chain.expect_refused(world.chain.by(outsider, world.commit("job", members[0], 1)), ErrorCode::kNotAuthorized);
    world.chain.expect_refused(world.chain.by(members[0], result("job", members[0], 1)), ErrorCode::kWrongState);
}

TEST(Committee, WithoutQuorumReleasesEveryoneAndTheTaskIsDrawnAgain) {
    CommitteeWorld world;
    world.draw("job");
    const auto events = world.play("job", {B::kHonest, B::kHonest, B::kLiesOne, B::kLiesOne, B::kLiesTwo});
    EXPECT_TRUE(slashes(events).empty());
    const Task& task = world.chain.task("job");
    EXPECT_EQ(task.status, TaskStatus::kPending);
    EXPECT_EQ(task.escrow, lux(1));
    world.chain.advance(2);
    EXPECT_EQ(world.chain.task("job").assignments, 2u);
    world.play("job", std::vector(5, B::kHonest));
    world.chain.advance(6);
    EXPECT_EQ(world.chain.task("job").status, TaskStatus::kCompleted);
}

TEST(Committee, RefundsTheFeeWhenNoReassignmentIsLeft) {
    VmParameters parameters = committee_parameters();
    parameters.policy.max_assignments = 2;
    CommitteeWorld world(parameters);
    const Amount before = world.chain.balance("alice");
    world.draw("job");
    world.play("job", std::vector(5, B::kSilent));
    world.chain.advance(2);
    world.play("job", std::vector(5, B::kSilent));
    EXPECT_EQ(world.chain.task("job").status, TaskStatus::kFailed);
    EXPECT_EQ(world.chain.balance("alice"), before);
}

TEST(Committee, WaitsForEnoughEligibleProvidersAndFailsAtTheTimeout) {
    CommitteeWorld world(committee_parameters(), 4);
    const Amount before = world.chain.balance("alice");
    world.chain.block({world.chain.by("alice", committee_task("job"))});
    world.chain.advance(3);
    EXPECT_EQ(world.chain.task("job").status, TaskStatus::kPending);
    world.chain.advance(3);
    EXPECT_EQ(world.chain.task("job").status, TaskStatus::kFailed);
    EXPECT_EQ(world.chain.balance("alice"), before);
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
    for (const std::size_t i : {0u, 1u, 2u, 4u}) EXPECT_TRUE(world.chain.provider(members[i]).credit.is_zero());
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
    EXPECT_EQ(world.chain.task("job").escrow, lux(1));
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
    EXPECT_EQ(world.chain.provider(members[1]).credit, world.chain.provider(members[2]).credit + lux(5));
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
    world.chain.expect_refused(world.chain.by("bob", hidden_challenge("job", "bob", 1)), ErrorCode::kWrongState);
}

TEST(Committee, MayAnswerInTheOpenWhereThePolicySaysSoAndIsCountedAtTheEndOfTheCommitWindow) {
    VmParameters parameters = committee_parameters();
    parameters.policy.commit_reveal = false;
    CommitteeWorld world(parameters);
    world.draw("job");
    const auto members = world.members("job");
    world.chain.expect_refused(world.chain.by(members[0], world.commit("job", members[0], 1)), ErrorCode::kWrongState);
    const Answer lie = world.chain.lie("job");
    for (std::size_t i = 0; i < 3; ++i) {
        world.chain.block({world.chain.by(members[i], result("job", members[i], lie))});
    }
    world.chain.expect_refused(world.chain.by(members[0], result("job", members[0], 0)), ErrorCode::kWrongState);
    world.chain.advance_to(world.commits_until("job"));
    EXPECT_EQ(world.chain.last<event::QuorumReached>().at(0).votes, 3u);
    EXPECT_EQ(slashes(world.chain.events()).at(SlashCause::kSilent).size(), 2u);
    world.chain.advance(6);
    EXPECT_EQ(world.chain.task("job").status, TaskStatus::kCompleted);
}

TEST(Committee, TasksOfAnotherModeAreRefusedOnItsChain) {
    CommitteeWorld world;
    world.chain.expect_refused(world.chain.by("alice", submission("job")), ErrorCode::kInvalidTask);
}

}  // namespace
}  // namespace aivm::test
