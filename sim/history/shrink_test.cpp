// The search against tests whose smallest answer is known, and against random monotone ones.
#include "sim/history/shrink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>
#include <set>

namespace aivm::sim {
namespace {

using Numbers = std::vector<int>;
using testing::ElementsAre;
using testing::IsEmpty;

Numbers up_to(int count) {
    Numbers out(static_cast<std::size_t>(count));
    std::iota(out.begin(), out.end(), 0);
    return out;
}

// Succeeds on candidates that contain all of `wanted`.
auto needs(std::set<int> wanted, ShrinkBudget& budget) {
    return
        [wanted = std::move(wanted), &budget](const Numbers& candidate) -> std::optional<Numbers> {
            if (!budget.take(candidate.size())) return std::nullopt;
            if (!std::ranges::includes(candidate, wanted)) return std::nullopt;
            return candidate;
        };
}

TEST(Shrink, LeavesWhatIsNeededInItsOrder) {
    ShrinkBudget budget(1'000, {});
    EXPECT_THAT(shrink(up_to(400), budget, needs({3, 77, 399}, budget)), ElementsAre(3, 77, 399));
    EXPECT_LT(budget.tries(), 200U);
}

TEST(Shrink, FindsAtOnceThatNothingIsNeeded) {
    ShrinkBudget budget(1'000, {});
    EXPECT_THAT(shrink(up_to(400), budget, needs({}, budget)), IsEmpty());
    EXPECT_EQ(budget.tries(), 1U);
}

TEST(Shrink, TakesOverWhatTheAttemptLeavesOutByItself) {
    // Everything above 10 depends on 10: without it, it goes too.
    ShrinkBudget budget(1'000, {});
    const auto attempt = [&](Numbers candidate) -> std::optional<Numbers> {
        if (!budget.take(candidate.size()) || !std::ranges::count(candidate, 2))
            return std::nullopt;
        if (!std::ranges::count(candidate, 10))
            std::erase_if(candidate, [](int n) { return n > 10; });
        return candidate;
    };
    EXPECT_THAT(shrink(up_to(40), budget, attempt), ElementsAre(2));
}

TEST(Shrink, EndsWithTheBestSoFarWhenTriesRunOut) {
    ShrinkBudget budget(5, {});
    const Numbers left = shrink(up_to(64), budget, needs({63}, budget));
    EXPECT_EQ(budget.tries(), 5U);
    EXPECT_TRUE(budget.over());
    EXPECT_THAT(left, testing::Contains(63));
    EXPECT_LT(left.size(), 64U);
}

TEST(ShrinkBudget, AsksBeforeEveryTryAndStaysOver) {
    std::size_t heard = 0;
    ShrinkBudget budget(100, [&](std::size_t tries, std::size_t actions_left) {
        heard = tries;
        EXPECT_EQ(actions_left, 9U);
        return tries < 2;
    });
    EXPECT_TRUE(budget.take(9));
    EXPECT_TRUE(budget.take(9));
    EXPECT_FALSE(budget.take(9));
    EXPECT_FALSE(budget.take(9));
    EXPECT_FALSE(budget.keep_going(9));
    EXPECT_EQ(heard, 2U);
    EXPECT_EQ(budget.tries(), 2U);
}

RC_GTEST_PROP(Shrink, NoSingleItemCanBeTakenOutOfTheResult, ()) {
    // Two alternatives, either of which is enough: not monotone in the small, as violations are.
    const auto one = *rc::gen::container<std::set<int>>(rc::gen::inRange(0, 50));
    const auto other = *rc::gen::container<std::set<int>>(rc::gen::inRange(0, 50));
    const auto holds = [&](const Numbers& c) {
        return std::ranges::includes(c, one) || std::ranges::includes(c, other);
    };
    const ShrinkBudget budget(1, {});
    const Numbers left = shrink(up_to(50), budget, [&](const Numbers& candidate) {
        return holds(candidate) ? std::optional(candidate) : std::nullopt;
    });
    RC_ASSERT(holds(left));
    for (std::size_t i = 0; i < left.size(); ++i) {
        Numbers smaller = left;
        smaller.erase(smaller.begin() + static_cast<std::ptrdiff_t>(i));
        RC_ASSERT(!holds(smaller));
    }
}

}  // namespace
}  // namespace aivm::sim
