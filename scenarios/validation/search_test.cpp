#include "scenarios/validation/search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aivm::scenarios {
namespace {

using ::testing::HasSubstr;

// The sign change of x - root, and the number of values that finding it took.
struct Found {
    Result<double> root;
    int values = 0;
};

Found search(double root, const Bracket& bracket) {
    Found out{0.0, 0};
    out.root = sign_change(bracket, 1e-3, [&](double x) -> Result<double> {
        ++out.values;
        return x - root;
    });
    return out;
}

TEST(Search, FindsARootWithinItsBracketInAFewValues) {
    const Found found = search(3, {.low = 1, .high = 10, .least = 0, .most = 100});
    EXPECT_NEAR(found.root.value(), 3, 3e-3);
    EXPECT_LE(found.values, 6);
}

TEST(Search, WidensItsBracketOnTheSideOfTheRoot) {
    for (const double root : {0.01, 0.7, 60.0, 900.0}) {
        const Found found = search(root, {.low = 1, .high = 10, .least = 1e-6, .most = 1e6});
        EXPECT_NEAR(found.root.value(), root, 2e-3 * root);
        EXPECT_LE(found.values, 20) << root;
    }
}

TEST(Search, NamesTheWidestBracketWhenTheSignNeverChanges) {
    const Found found = search(-1, {.low = 1, .high = 10, .least = 0.5, .most = 20});
    ASSERT_FALSE(found.root);
    EXPECT_THAT(found.root.error().context, HasSubstr("no change of sign between 0.5 and 20"));
}

TEST(Search, AnErrorOfAValueIsTheErrorOfTheSearch) {
    const auto found =
        sign_change({.low = 1, .high = 2, .least = 0, .most = 4}, 1e-3,
                    [](double) -> Result<double> { return fail(ErrorCode::kStorage, "why"); });
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().context, "why");
}

TEST(Search, TheSmallestWholeNumberIsFoundAboveAndBelowTheGuess) {
    for (const std::uint64_t smallest : {0, 1, 2, 59, 60, 61, 1000}) {
        for (const std::uint64_t guess : {0, 1, 60, 1000}) {
            const auto found = smallest_that(
                guess, 1000, [&](std::uint64_t x) -> Result<bool> { return x >= smallest; });
            EXPECT_EQ(found.value(), smallest) << guess;
        }
    }
    EXPECT_FALSE(smallest_that(3, 1000, [](std::uint64_t) -> Result<bool> { return false; }));
}

}  // namespace
}  // namespace aivm::scenarios
