// Each invariant of the modes is shown a block that breaks it, next to the true one that does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing/committee_world.h"
#include "core/testing/test_evidence.h"
#include "sim/testing/test_watch.h"

namespace aivm::sim::test {
namespace {

using aivm::test::address_of;
using aivm::test::Behaviour;
using aivm::test::CommitteeWorld;
using aivm::test::kCommitWindow;
using aivm::test::TestChain;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A chain with a committee, followed block by block; `tip` and `before` are the newest block and
// its parent's state.
class Modes : public ::testing::Test {
protected:
    Modes() {
        seen.watch.settings.vm = aivm::test::committee_parameters();
        seen.watch.known_rules = world.chain.rules();
        world.draw("job");
        take();
    }
    void take() { tip = *world.chain.vm().executed(world.chain.vm().last_accepted()); }
    void block(const std::vector<OperationPtr>& operations = {}) {
        before = world.chain.state();
        world.chain.block(operations);
        take();
    }
    // Blocks until the one that ends the commit window, in which nobody has said anything.
    void pass_commit_window() {
        while (world.chain.height() < world.commits_until("job")) block();
    }
    void tell(std::string_view id) { seen.of(id).on_chain(tip, before); }

    CommitteeWorld world;
    Watched seen;
    State before;
    Executed tip;
};

TEST_F(Modes, ATrueCommitteeViolatesNothingFromItsDrawToItsPayment) {
    const auto members = world.members("job");
    const auto everyone = [&](auto&& make) {
        std::vector<OperationPtr> out;
        for (const std::string& member : members)
            out.push_back(world.chain.by(member, make(member)));
        return out;
    };
    const auto follow = [&](const std::vector<OperationPtr>& operations) {
        block(operations);
        for (const auto& one : seen.invariants) one->on_chain(tip, before);
    };
    const Answer truth = world.chain.truth("job");
    follow(everyone([&](const std::string& m) { return world.commit("job", m, truth); }));
    while (world.chain.height() < world.commits_until("job")) follow({});
    follow(everyone([&](const std::string& m) { return world.reveal("job", m, truth); }));
    for (int i = 0; i < 40 && !world.chain.task("job").terminal(); ++i) follow({});
    EXPECT_TRUE(world.chain.task("job").terminal());
    EXPECT_THAT(seen.reported(), IsEmpty());
    for (const char* id : {"E6", "E11", "E14"}) EXPECT_GT(seen.of(id).checks(), 0U) << id;
}

TEST_F(Modes, SilenceThatCostsNothingViolatesE4) {
    pass_commit_window();
    tell("E4");
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(seen.of("E4").checks(), 5U);
    std::erase_if(tip.events,
                  [](const VmEvent& e) { return std::holds_alternative<event::Slashed>(e); });
    tell("E4");
    EXPECT_EQ(seen.reported().size(), 5U);
    EXPECT_THAT(seen.reported().front(), HasSubstr("stayed silent and lost nothing"));
}

TEST_F(Modes, APaymentToSomebodyWithoutASeatOrTwiceViolatesE6) {
    before = tip.state;
    const ProviderIndex member = tip.state.tasks.edit(0).seats[0].provider;
    tip.events = {event::ProviderPaid{TaskIndex{0}, member, lux(1)}};
    tell("E6");
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("without an answer of its own")));
    before.tasks.edit(0).seats[0].status = SeatStatus::kPosted;
    tell("E6");
    EXPECT_THAT(seen.reported().back(), HasSubstr("the task is not over"));
    tip.state.tasks.edit(0).status = TaskStatus::kCompleted;
    tell("E6");
    EXPECT_EQ(seen.reported().size(), 2U);
    tip.events.push_back(event::ProviderPaid{TaskIndex{0}, member, lux(1)});
    tell("E6");
    EXPECT_THAT(seen.reported().back(), HasSubstr("a second time"));
}

TEST_F(Modes, ARevealBeforeTheCommitsAreClosedViolatesE11) {
    before = tip.state;
    const ProviderIndex member = tip.state.task(TaskIndex{0}).seats[0].provider;
    tip.state.head.height += 1;  // the block after the draw is the first for commits
    tip.events = {event::ResultCommitted{TaskIndex{0}, member}};
    tell("E11");
    EXPECT_THAT(seen.reported(), IsEmpty());
    tip.events = {event::ResultRevealed{TaskIndex{0}, member, 7}};
    tip.state.head.height += kCommitWindow - 1;
    tell("E11");
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("a reveal on task 0 was taken in block")));
    tip.events = {event::ResultCommitted{TaskIndex{0}, member}};
    tip.state.head.height += 1;
    tell("E11");
    EXPECT_THAT(seen.reported().back(), HasSubstr("a commit on task 0"));
}

// A lie that was proven: the block as the chain makes it, and one whose slash took nothing.
TEST(ForgeryCosts, AProvenLieThatCostsLessThanABondViolatesE13) {
    TestChain chain;
    Watched seen;
    seen.watch.settings.vm = aivm::test::short_parameters();
    chain.join("p-1");
    chain.assign("job");
    chain.post("job", chain.lie("job"));
    const Answer truth = chain.truth("job");
    chain.block({chain.by("bob", aivm::test::hidden_challenge("job", "bob", truth))});
    chain.block({chain.by("bob", aivm::test::opening("job", "bob", truth))});
    State before = chain.state();
    while (chain.task("job").proven_wrong) {
        before = chain.state();
        chain.block();
    }
    Executed tip = *chain.tip();
    seen.of("E13").on_chain(tip, before);
    EXPECT_THAT(seen.reported(), IsEmpty());
    ASSERT_EQ(seen.of("E13").checks(), 1U);
    for (VmEvent& e : tip.events) {
        if (auto* slash = std::get_if<event::Slashed>(&e)) slash->taken = lux(99);
    }
    seen.of("E13").on_chain(tip, before);
    EXPECT_THAT(seen.reported(),
                ElementsAre(HasSubstr("cost 99000000000 of the 100000000000 nLUX")));
}

TEST_F(Modes, AnOpenDisputeWhoseDeadlineHasPassedOrCameNearerViolatesE11) {
    Dispute dispute;
    dispute.deadline = tip.state.head.height;
    tip.state.disputes.push_back(dispute);
    tip.touched.disputes = {0};
    tip.events.clear();
    tell("E11");
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("dispute 0 on task 0 is open")));
    tip.state.disputes.edit(0).deadline += 5;
    before = tip.state;
    before.disputes.edit(0).deadline += 1;
    tell("E11");
    EXPECT_EQ(seen.reported().size(), 2U);
    before.disputes.edit(0).status = DisputeStatus::kCommitted;
    tip.state.disputes.edit(0).status = DisputeStatus::kPlaying;
    tell("E11");
    EXPECT_EQ(seen.reported().size(), 2U) << "revealed early, so the game begins early";
}

TEST_F(Modes, ACommitteeWithAMemberTwiceOrAnIneligibleOneViolatesE12) {
    before = tip.state;
    tip.events = {event::TaskAssigned{TaskIndex{0}, ProviderIndex{0}, lux(1)}};
    tell("E12");
    EXPECT_THAT(seen.reported(), IsEmpty());
    const ProviderIndex first = tip.state.task(TaskIndex{0}).seats[0].provider;
    tip.state.tasks.edit(0).seats[1].provider = first;
    tell("E12");
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("5 seats of 4 providers")));
    before.providers.edit(first.value).status = ProviderStatus::kUnbonding;
    tell("E12");
    EXPECT_THAT(seen.reported()[1], HasSubstr("was not eligible"));
}

TEST_F(Modes, MintingBeyondTheScheduleOrWithoutATaskViolatesE14) {
    before = tip.state;
    tip.events = {event::TaskCompleted{TaskIndex{0}, 1, millilux(100), millilux(100)}};
    tip.state.head.totals.minted += millilux(100);
    tell("E14");
    EXPECT_THAT(seen.reported(), IsEmpty());
    std::get<event::TaskCompleted>(tip.events[0]).minted = millilux(101);
    tip.state.head.totals.minted += millilux(1);
    tell("E14");
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("the schedule allows 100000000")));
    tip.state.head.totals.minted += lux(1);
    tell("E14");
    EXPECT_THAT(seen.reported().back(), HasSubstr("its tasks account for"));
}

TEST_F(Modes, ATrustScoreWithoutEvidenceInTheBlockViolatesE15) {
    GpuEvidence evidence = aivm::test::hardware_evidence();
    evidence.timestamp_ns = world.chain.state().head.timestamp_ns;
    const std::string provider = world.members("job")[0];
    block({world.chain.by(provider, aivm::test::attestation(provider, evidence))});
    ASSERT_EQ(world.chain.provider(provider).trust_score, 100);
    tell("E15");
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(seen.of("E15").checks(), 1U);
    tip.state.providers.edit(tip.touched.providers.at(0)).trust_score = 99;
    tell("E15");
    EXPECT_THAT(seen.reported(), ElementsAre(HasSubstr("has a trust score of 99")));
}

}  // namespace
}  // namespace aivm::sim::test
