// The policy answer_tolerance: what re-execution accepts, in disputes and in committees.
#include <gtest/gtest.h>

#include "core/testing/committee_world.h"
#include "core/verification/reexecution.h"

namespace aivm::test {
namespace {

using B = Behaviour;

TEST(Tolerance, IsADistanceOfInt8ValuesAndNoneByDefault) {
    Policy policy;
    EXPECT_TRUE(answers_agree(policy, 200, 200));
    EXPECT_FALSE(answers_agree(policy, 200, 201));
    policy.answer_tolerance = 2;
    EXPECT_TRUE(answers_agree(policy, 0xFF, 0x01)) << "-1 and 1";
    EXPECT_FALSE(answers_agree(policy, 0xFE, 0x01)) << "-2 and 1";
    EXPECT_FALSE(answers_agree(policy, 0x7F, 0x80)) << "127 and -128 are farthest apart";
    policy.answer_tolerance = 255;
    EXPECT_TRUE(answers_agree(policy, 0x7F, 0x80));
}

VmParameters tolerating(std::uint32_t tolerance, VmParameters parameters = short_parameters()) {
    parameters.policy.answer_tolerance = tolerance;
    return parameters;
}

// `distance` away from the job's true answer, on the side where there is room.
Answer away(const TestChain& chain, int distance) {
    const int truth = static_cast<std::int8_t>(chain.truth("job"));
    return static_cast<Answer>(truth < 0 ? truth + distance : truth - distance);
}

struct Posted {
    explicit Posted(std::uint32_t tolerance, int distance)
        : chain({.parameters = tolerating(tolerance)}) {
        chain.join("p-1");
        chain.assign("job");
        chain.post("job", away(chain, distance));
    }
    void challenge(std::string_view who, Answer claim) {
        chain.block({chain.by(who, hidden_challenge("job", who, claim))});
        chain.block({chain.by(who, opening("job", who, claim))});
    }
    TestChain chain;
};

TEST(Tolerance, AnAnswerWithinItStandsAndTheTrueClaimAgainstItIsLost) {
    Posted job(3, 3);
    const Amount before = job.chain.balance("bob");
    job.challenge("bob", job.chain.truth("job"));
    EXPECT_TRUE(job.chain.task("job").truth_known);
    EXPECT_FALSE(job.chain.task("job").proven_wrong);
    job.chain.advance(6);
    EXPECT_EQ(job.chain.task("job").status, TaskStatus::kCompleted);
    EXPECT_EQ(job.chain.task("job").provisional, away(job.chain, 3));
    EXPECT_EQ(before - job.chain.balance("bob"), lux(10));
    EXPECT_EQ(job.chain.provider("p-1").bond, lux(1000));
}

TEST(Tolerance, AnAnswerBeyondItIsProvenWrongByAClaimWithinIt) {
    Posted job(3, 4);
    const Amount before = job.chain.balance("bob");
    job.challenge("bob", away(job.chain, 2));
    EXPECT_TRUE(job.chain.task("job").proven_wrong);
    job.chain.block();
    EXPECT_EQ(job.chain.balance("bob") - before, lux(40));
    EXPECT_EQ(job.chain.provider("p-1").bond, lux(900));
}

TEST(Tolerance, AClaimBeyondItIsFalseEvenWhereTheProviderIsWrong) {
    Posted job(3, 20);
    const Amount before = job.chain.balance("bob");
    job.challenge("bob", away(job.chain, 4));
    EXPECT_TRUE(job.chain.task("job").proven_wrong);
    job.chain.block();
    EXPECT_EQ(before - job.chain.balance("bob"), lux(10));
}

// Three of five agree on an answer that is off by two; one of the others is off by one.
TEST(Tolerance, OfAnOverturnedCommitteeThoseWithinItArePaid) {
    for (const std::uint32_t tolerance : {0U, 1U}) {
        CommitteeWorld world(tolerating(tolerance, committee_parameters()));
        world.draw("job");
        const int truth = static_cast<std::int8_t>(world.chain.truth("job"));
        ASSERT_LT(truth, 126) << "truth + 2 would wrap";
        const auto members = world.members("job");
        world.play("job", {B::kLiesTwo, B::kLiesTwo, B::kLiesTwo, B::kLiesOne, B::kHonest});
        const Answer claim = world.chain.truth("job");
        world.chain.block({world.chain.by("bob", hidden_challenge("job", "bob", claim))});
        world.chain.block({world.chain.by("bob", opening("job", "bob", claim))});
        world.chain.advance(8);
        EXPECT_EQ(world.chain.task("job").status, TaskStatus::kCompleted);
        EXPECT_EQ(world.chain.task("job").provisional, claim);
        EXPECT_FALSE(world.chain.provider(members[4]).credit.is_zero());
        EXPECT_EQ(world.chain.provider(members[3]).credit.is_zero(), tolerance == 0);
        EXPECT_TRUE(world.chain.provider(members[0]).credit.is_zero());
    }
}

TEST(Tolerance, PluralitiesCountEqualAnswersOnly) {
    CommitteeWorld world(tolerating(255, committee_parameters()));
    world.draw("job");
    world.play("job", {B::kHonest, B::kHonest, B::kLiesOne, B::kLiesOne, B::kLiesTwo});
    EXPECT_EQ(world.chain.task("job").status, TaskStatus::kPending) << "no three are equal";
}

TEST(Tolerance, GoesWithNoBisection) {
    VmParameters parameters = tolerating(1);
    EXPECT_TRUE(check_parameters(parameters));
    parameters.policy.dispute_game = DisputeGame::kBisection;
    EXPECT_FALSE(check_parameters(parameters));
    parameters = tolerating(256);
    EXPECT_FALSE(check_parameters(parameters));

    TestChain chain({.parameters = tolerating(1)});
    const std::uint32_t most = chain.rules().parameters.policy.one_step_steps_max;
    const auto registering = [&](std::uint32_t steps) {
        return chain.by("alice", op::RegisterModel{small_model("long", steps), salt_of("license")});
    };
    chain.expect_refused(registering(most + 1), ErrorCode::kInvalidArgument);
    chain.block({registering(most)});
}

}  // namespace
}  // namespace aivm::test
