// R1 follows random games of every kind, and is shown states that the rules do not lead to.
#include "sim/invariants/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "core/testing/every_operation.h"
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
