// Leaving a committee: stake that can still be slashed stays, unless a run switches that rule off
// to see what happens.
#include <gtest/gtest.h>

#include "core/state/load.h"
#include "core/testing/committee_world.h"

namespace aivm::test {
namespace {

// Plays one task whose first member commits, asks to leave in the block of the draw and never
// reveals; it withdraws as soon as its cooldown lets it. Returns its slash.
event::Slashed slash_of_leaver(std::uint64_t cooldown) {
    VmParameters parameters = committee_parameters();
    parameters.policy.obligation_rule = false;
    parameters.policy.unbond_cooldown_blocks = cooldown;
    CommitteeWorld world(parameters);
    world.chain.block({world.chain.by("alice", committee_task("job"))});
    world.chain.block();
    // The draw comes first in the next block and the operations after it, so the leaver's name must
    // be known before.
    const Built next = world.chain.build({});
    const Seat seat = next.executed->state.tasks[0].seats[0];
    const std::string leaver = next.executed->state.provider(seat.provider).id;
    world.chain.block({world.chain.by(leaver, leave(leaver))});
    const Height left_at = world.chain.height();
    EXPECT_EQ(left_at, world.drawn_at("job"));
    world.chain.block({world.chain.by(leaver, world.commit("job", leaver, 1))});
    event::Slashed found;
    while (world.chain.height() < left_at + kCommitWindow + kRevealWindow + 1) {
        const bool goes = world.chain.height() + 1 == left_at + cooldown;
        world.chain.block(goes ? std::vector{world.chain.by(leaver, withdrawal(leaver))}
                               : std::vector<OperationPtr>());
        for (const auto& slashed : world.chain.last<event::Slashed>()) {
            if (slashed.cause == SlashCause::kUnrevealed) found = slashed;
        }
    }
    EXPECT_EQ(world.chain.provider(leaver).status, ProviderStatus::kLeft);
    return found;
}

// D22: a cooldown of commit + reveal with settlement strictly after lets stake leave one block
// before the slash.
TEST(LeavingACommittee,
     D22EscapesTheSlashOnlyWithoutTheObligationRuleAndWithACooldownOfBothWindows) {
    const event::Slashed escaped = slash_of_leaver(kCommitWindow + kRevealWindow);
    EXPECT_EQ(escaped.due, lux(50));
    EXPECT_EQ(escaped.taken, Amount());
    const event::Slashed caught = slash_of_leaver(kCommitWindow + kRevealWindow + 1);
    EXPECT_EQ(caught.taken, lux(50));
}

// D23: deregistering is allowed with open selections, and the bond goes with it.
TEST(LeavingACommittee, D23KeepsTheBondUntilTheLastObligationIsSettled) {
    VmParameters parameters = committee_parameters();
    parameters.policy.unbond_cooldown_blocks = 0;
    CommitteeWorld world(parameters);
    world.draw("job");
    const auto members = world.members("job");
    world.chain.block({world.chain.by(members[0], leave(members[0]))});
    world.chain.expect_refused(world.chain.by(members[0], withdrawal(members[0])),
                               ErrorCode::kBondLocked);
    world.chain.advance_to(world.commits_until("job"));
    EXPECT_EQ(world.chain.last<event::Slashed>().at(0).cause, SlashCause::kSilent);
    world.chain.block({world.chain.by(members[0], withdrawal(members[0]))});
    EXPECT_EQ(world.chain.last<event::BondWithdrawn>().at(0).amount, lux(980));
}

// The same chain once with a restart in every block and once without.
TEST(CommitteeRestart, ContinuesAsIfNothingHadHappenedInEveryStage) {
    CommitteeWorld steady;
    CommitteeWorld restarted;
    const std::vector<Behaviour> behaviours{Behaviour::kHonest, Behaviour::kHonest,
                                            Behaviour::kHonest, Behaviour::kUnrevealed,
                                            Behaviour::kSilent};
    for (CommitteeWorld* world : {&steady, &restarted}) world->draw("job");
    steady.play("job", behaviours);
    restarted.chain.restart();
    // Restart between all blocks of the committee's life by playing it in steps of one block.
    const auto members = restarted.members("job");
    std::vector<OperationPtr> commits;
    for (std::size_t i = 0; i < 4; ++i) {
        const Answer answer = restarted.answer_of("job", behaviours[i]);
        commits.push_back(
            restarted.chain.by(members[i], restarted.commit("job", members[i], answer)));
    }
    restarted.chain.block(commits);
    restarted.chain.restart();
    while (restarted.chain.height() < restarted.commits_until("job")) {
        restarted.chain.block();
        restarted.chain.restart();
    }
    std::vector<OperationPtr> reveals;
    for (std::size_t i = 0; i < 3; ++i) {
        const Answer answer = restarted.answer_of("job", behaviours[i]);
        reveals.push_back(
            restarted.chain.by(members[i], restarted.reveal("job", members[i], answer)));
    }
    restarted.chain.block(reveals);
    for (int i = 0; i < 12; ++i) {
        restarted.chain.restart();
        restarted.chain.block();
    }
    steady.chain.advance_to(restarted.chain.height());
    EXPECT_EQ(steady.chain.task("job").status, TaskStatus::kCompleted);
    EXPECT_EQ(steady.chain.state().state_root, restarted.chain.state().state_root);
    EXPECT_EQ(contents_digest(steady.chain.state()), contents_digest(restarted.chain.state()));
}

}  // namespace
}  // namespace aivm::test
