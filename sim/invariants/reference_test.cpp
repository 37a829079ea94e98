// R1 follows random games of every kind, and is shown states that the rules do not lead to.
#include "sim/invariants/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

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

TEST(ReferenceInvariant, AStateThatTheRulesDoNotLeadToViolatesR1) {
    ReferenceGame game(1);
    for (Height i = 0; i < kReferenceOneBlockIn; ++i) game.follow();
    game.tip.state.head.totals.minted += Amount(1);
    game.tell();
    EXPECT_THAT(game.seen.reported(), ElementsAre(HasSubstr("R1 in block 16: head.minted is")));
}

}  // namespace
}  // namespace aivm::sim::test
