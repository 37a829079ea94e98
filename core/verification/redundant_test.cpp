// The operations that a committee may send, and when: windows, copies, repetitions and strangers.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/testing/committee_world.h"

namespace aivm::test {
namespace {

TEST(CommitteeWindows, TakesNoRevealBeforeTheCommitWindowHasRunOutEvenWhenAllHaveCommitted) {
    CommitteeWorld world;
    world.draw("job");
    const auto members = world.members("job");
    std::vector<OperationPtr> commits;
    for (const auto& m : members) commits.push_back(world.chain.by(m, world.commit("job", m, 1)));
    world.chain.block(commits);
    while (world.chain.height() < world.commits_until("job")) {
        world.chain.expect_refused(world.chain.by(members[0], world.reveal("job", members[0], 1)),
                                   ErrorCode::kWindowNotOpen);
        world.chain.block();
    }
    EXPECT_EQ(world.chain.refusal(world.chain.by(members[0], world.reveal("job", members[0], 1))),
              std::nullopt);
}

TEST(CommitteeWindows, TakesTheLastCommitAndRevealInTheLastBlockOfTheirWindows) {
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
    // A member that was silent until then no longer has a seat.
    world.chain.expect_refused(commit_of(3), ErrorCode::kNotAuthorized);
    world.chain.advance_to(world.reveals_until("job") - 1);
    world.chain.block({reveal_of(0), reveal_of(1)});
    EXPECT_EQ(world.chain.last<event::QuorumMissed>().size(), 1u);
    world.chain.expect_refused(reveal_of(2), ErrorCode::kWrongState);
}

// D33: duplicate winners are counted towards the threshold.
TEST(CommitteeWindows, D33CountsAProviderOnce) {
    CommitteeWorld world;
    world.draw("job");
    const auto members = world.members("job");
    const std::string& m = members[0];
    world.chain.block({world.chain.by(m, world.commit("job", m, 1))});
    world.chain.expect_refused(world.chain.by(m, world.commit("job", m, 2)),
                               ErrorCode::kWrongState);
    world.chain.advance_to(world.commits_until("job"));
    world.chain.block({world.chain.by(m, world.reveal("job", m, 1))});
    world.chain.expect_refused(world.chain.by(m, world.reveal("job", m, 1)),
                               ErrorCode::kWrongState);
    world.chain.advance_to(world.reveals_until("job"));
    EXPECT_EQ(world.chain.last<event::QuorumReached>().size(), 0u);
}

TEST(CommitteeWindows, RefusesACopiedCommitmentWhenItIsRevealed) {
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
    EXPECT_EQ(world.chain.refusal(world.chain.by(members[0], world.reveal("job", members[0], 1))),
              std::nullopt);
}

TEST(CommitteeWindows, RefusesAnEmbeddingThatNoModelDefinesAndAnAnswerThatWasNotCommitted) {
    CommitteeWorld world;
    world.draw("job");
    const std::string m = world.members("job")[0];
    world.chain.block({world.chain.by(m, world.commit("job", m, 1))});
    world.chain.advance_to(world.commits_until("job"));
    world.chain.expect_refused(world.chain.by(m, world.reveal("job", m, 2)),
                               ErrorCode::kInvalidArgument);
    op::Reveal other = world.reveal("job", m, 1);
    other.embedding_digest = salt_of("embedding");
    world.chain.expect_refused(world.chain.by(m, other), ErrorCode::kInvalidArgument);
}

TEST(CommitteeWindows, ListensOnlyToItsMembersAndTheirOwners) {
    CommitteeWorld world(committee_parameters(), 6);
    world.draw("job");
    const auto members = world.members("job");
    std::string outsider;
    for (int i = 1; i <= 6; ++i) {
        const std::string name = "p-" + std::to_string(i);
        if (std::find(members.begin(), members.end(), name) == members.end()) outsider = name;
    }
    world.chain.expect_refused(world.chain.by(outsider, world.commit("job", outsider, 1)),
                               ErrorCode::kNotAuthorized);
    world.chain.expect_refused(world.chain.by(outsider, world.commit("job", members[0], 1)),
                               ErrorCode::kNotAuthorized);
    world.chain.expect_refused(world.chain.by(members[0], result("job", members[0], 1)),
                               ErrorCode::kWrongState);
}

TEST(CommitteeWindows, TasksOfAnotherModeAreRefusedOnItsChain) {
    CommitteeWorld world;
    world.chain.expect_refused(world.chain.by("alice", submission("job")), ErrorCode::kInvalidTask);
}

}  // namespace
}  // namespace aivm::test
