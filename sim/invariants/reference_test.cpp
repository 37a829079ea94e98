// R1 follows random games of every kind, and is shown states that the rules do not lead to.
#include "sim/invariants/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "core/testing/every_operation.h"
#include "core/testing/test_chain.h"
#include "sim/testing/every_second_fails.h"
#include "sim/testing/test_watch.h"

namespace aivm::sim::test {
namespace {

using aivm::test::Choose;
using aivm::test::EveryOperation;
using aivm::test::TestChain;
using aivm::test::TestOptions;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ReferenceGame {
public:
    explicit ReferenceGame(std::uint64_t seed) : choose_(choices(seed)), chain_(options()) {
        seen.watch.known_rules = chain_.rules();
    }
    void follow() {
        before = chain_.state();
        chain_.offer(player_.for_a_block());
        tip = *chain_.tip();
    }
    void tell() { seen.of("R1").on_chain(tip, before); }

    Watched seen;
    State before;
    Executed tip;

private:
    static Choose choices(std::uint64_t seed) {
        return [generator = std::mt19937_64(seed)](std::uint32_t bound) mutable {
            return static_cast<std::uint32_t>(generator() % bound);
        };
    }
    TestOptions options() const {
        TestOptions out = aivm::test::random_options(choose_);
        out.parameters.policy.obligation_rule = true;
        return out;
    }

    Choose choose_;
    TestChain chain_;
    EveryOperation player_{chain_, choose_};
};

TEST(ReferenceInvariant, FindsNothingInHonestExecutionsAndComparesOneBlockInSixteen) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        ReferenceGame game(seed);
        for (int i = 0; i < 48; ++i) {
            game.follow();
            game.tell();
        }
        ASSERT_THAT(game.seen.reported(), IsEmpty());
        EXPECT_EQ(game.seen.of("R1").checks(), 3U);
    }
}

TEST(ReferenceInvariant, InTheEconomicFidelityLooksAtOneEarlyBlock) {
    std::set<Height> looked_at;
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        ReferenceGame game(seed);
        game.seen.watch.settings.run.fidelity = Fidelity::kEconomic;
        for (Height height = 1; height < seed; ++height) game.follow();  // another beacon
        for (Height height = seed; height <= 40; ++height) {
            game.follow();
            const std::uint64_t checks = game.seen.of("R1").checks();
            game.tell();
            if (game.seen.of("R1").checks() > checks) looked_at.insert(height);
        }
        ASSERT_THAT(game.seen.reported(), IsEmpty());
        EXPECT_EQ(game.seen.of("R1").checks(), 1U);
    }
    EXPECT_GE(*looked_at.begin(), 8U);
    EXPECT_LT(*looked_at.rbegin(), 24U);
}

TEST(ReferenceInvariant, AStateThatTheRulesDoNotLeadToViolatesR1) {
    ReferenceGame game(1);
    for (Height i = 0; i < kReferenceOneBlockIn; ++i) game.follow();
    game.tip.state.head.totals.minted += Amount(1);
    game.tell();
    EXPECT_THAT(game.seen.reported(), ElementsAre(HasSubstr("R1 in block 16: head.minted is")));
}

TEST(ReferenceInvariant, AParanoidRunComparesEveryBlock) {
    ReferenceGame game(1);
    game.seen.watch.is_paranoid = true;
    for (int i = 0; i < 5; ++i) {
        game.follow();
        game.tell();
    }
    EXPECT_EQ(game.seen.of("R1").checks(), 5U);
    game.follow();
    game.tip.state.head.totals.minted += Amount(1);
    game.tell();
    EXPECT_THAT(game.seen.reported(), ElementsAre(HasSubstr("R1 in block 6: head.minted is")));
}

TEST(ReferenceInvariant, InTheEconomicFidelityTheEndsOfSomeRunsAreCompared) {
    std::uint64_t compared = 0;
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        ReferenceGame game(seed);
        game.seen.watch.settings.run.fidelity = Fidelity::kEconomic;
        for (std::uint64_t height = 1; height <= seed; ++height) game.follow();
        const auto parent = std::make_shared<Executed>();
        parent->state = game.before;
        game.seen.watch.last = {std::make_shared<Executed>(game.tip), parent};
        game.seen.of("R1").at_end();
        ASSERT_THAT(game.seen.reported(), IsEmpty());
        compared += game.seen.of("R1").checks();
    }
    EXPECT_GT(compared, 0U);
    EXPECT_LT(compared, 12U);
}

TEST(ReferenceInvariant, TheLastBlockOfARunIsComparedAtItsEndInBothFidelities) {
    for (const Fidelity fidelity : {Fidelity::kFull, Fidelity::kEconomic}) {
        ReferenceGame game(1);
        game.seen.watch.settings.run.fidelity = fidelity;
        for (int i = 0; i < 5; ++i) {
            game.follow();
            game.tell();
        }
        game.seen.watch.is_paranoid = fidelity == Fidelity::kEconomic;
        const auto parent = std::make_shared<Executed>();
        parent->state = game.before;
        game.seen.watch.last = {std::make_shared<Executed>(game.tip), parent};
        EXPECT_EQ(game.seen.of("R1").checks(), 0U);
        game.seen.of("R1").at_end();
        EXPECT_THAT(game.seen.reported(), IsEmpty());
        EXPECT_GE(game.seen.of("R1").checks(), 1U);
        game.tip.state.head.totals.minted += Amount(1);
        game.tip.id.bytes[0] ^= 1U;  // another block, so that it is compared too
        game.seen.watch.last = {std::make_shared<Executed>(game.tip), parent};
        game.seen.of("R1").at_end();
        EXPECT_THAT(game.seen.reported(), ElementsAre(HasSubstr("R1 in block 5: head.minted is")));
    }
}

class TriedOperations : public ::testing::Test {
protected:
    TriedOperations() { seen.watch.known_rules = chain.rules(); }
    [[nodiscard]] Invariant& r1() { return seen.of("R1"); }
    OperationPtr offer(const OperationPtr& operation) {
        r1().on_offered(0, {queue_, chain.state(), chain.state()}, operation, {});
        return operation;
    }
    // The next block, which the invariant is shown.
    void block(const std::vector<OperationPtr>& operations = {}) {
        const State parent = chain.state();
        chain.block(operations);
        r1().on_chain(*chain.tip(), parent);
    }

    TestChain chain{aivm::test::served()};
    Watched seen;

private:
    Mempool queue_;
};

TEST_F(TriedOperations, OneThatTheVmAllowsAndTheRulesDoNotViolatesR1) {
    const EverySecondFails authorizer;
    seen.watch.is_paranoid = true;
    seen.watch.known_rules.authorizer = &authorizer;
    offer(chain.by("alice", aivm::test::submission("job")));
    block();
    EXPECT_THAT(seen.reported(),
                ElementsAre(::testing::AllOf(
                    HasSubstr("R1 tried for block 1: SubmitTask of"),
                    HasSubstr("was allowed although the rules do not: not_authorized"))));
}

// Every one of them is refused by the VM and the model alike: a wrong sender, no such job, too
// little money, and in the second block what the first one has carried.
TEST_F(TriedOperations, ThoseThatAreRefusedAreSilent) {
    seen.watch.is_paranoid = true;
    offer(chain.by("bob", op::SubmitResult{"job", "served", 1, {}, 0}));
    offer(chain.by("bob", aivm::test::hidden_challenge("job", "bob", 1)));
    offer(chain.by("nobody", aivm::test::submission("job")));
    block({chain.by("alice", aivm::test::submission("job"))});
    block();
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(r1().checks(), 2U);
}

TEST_F(TriedOperations, WithoutParanoiaOnlyThoseForABlockThatIsLookedAtAreTried) {
    const EverySecondFails authorizer;
    offer(chain.by("alice", aivm::test::submission("early")));
    for (Height height = 1; height < kReferenceOneBlockIn; ++height) block();
    seen.watch.known_rules.authorizer = &authorizer;
    block();
    EXPECT_THAT(seen.reported(), IsEmpty());
    EXPECT_EQ(r1().checks(), 1U);
}

TEST(StructureInvariant, ACounterThatDisagreesWithItsTableViolatesR2) {
    ReferenceGame game(1);
    game.seen.watch.is_paranoid = true;
    for (int i = 0; i < 20; ++i) {
        game.follow();
        game.seen.of("R2").on_chain(game.tip, game.before);
    }
    EXPECT_EQ(game.seen.of("R2").checks(), 20U);
    ASSERT_THAT(game.seen.reported(), IsEmpty());
    game.tip.state.waiting_tasks += 1;
    game.tip.id.bytes[0] ^= 1U;  // another block: each is audited once
    game.seen.of("R2").on_chain(game.tip, game.before);
    EXPECT_THAT(game.seen.reported(), ElementsAre(HasSubstr("are said to be")));
}

TEST(StructureInvariant, WithoutParanoiaOneBlockInThirtyTwoIsAudited) {
    ReferenceGame game(2);
    for (int i = 0; i < 64; ++i) {
        game.follow();
        game.seen.of("R2").on_chain(game.tip, game.before);
    }
    EXPECT_EQ(game.seen.of("R2").checks(), 2U);
}

}  // namespace
}  // namespace aivm::sim::test
