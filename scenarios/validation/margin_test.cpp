#include "scenarios/validation/margin.h"

#include <gtest/gtest.h>

namespace aivm::scenarios {
namespace {

ValidationCase one(double expected, CaseKind kind = CaseKind::kMean) {
    ValidationCase c;
    c.id = "V05";
    c.expected = expected;
    c.kind = kind;
    return c;
}

ValidationCase fraud(double slash) {
    ValidationCase c = one(80 - 0.2 * slash - 1);
    c.expression = "(1-p)*G-p*S-c";
    c.parameters = {{"p", 0.2}, {"G", 100}, {"S", slash}, {"c", 1}};
    return c;
}

void expect_margin(const ValidationCase& c, Method method, double unit, MarginRule rule,
                   double reach) {
    const Margin margin = margin_of(c, method, unit, kQuickMargin);
    EXPECT_EQ(margin.rule, rule) << word(margin.rule);
    EXPECT_NEAR(margin.reach, reach, 1e-12);
    const double share = method == Method::kExact ? 1 : kFullMargin / kQuickMargin;
    EXPECT_NEAR(margin_of(c, method, unit, kFullMargin).reach, share * reach, 1e-12);
}

TEST(Margin, IsATenthOfTheExpectedValueAsARule) {
    expect_margin(one(-26), Method::kMeans, 0, MarginRule::kRelative, 2.6);
    expect_margin(one(0.00856), Method::kBinomial, 0, MarginRule::kRelative, 0.000856);
    expect_margin(one(1e-6), Method::kMeans, 0, MarginRule::kRelative, 1e-7);
}

TEST(Margin, IsATenthOfTheLargestTermWhereTermsCancel) {
    expect_margin(fraud(390), Method::kMeans, 0, MarginRule::kCancelled, 8);
    expect_margin(fraud(395), Method::kMeans, 0, MarginRule::kCancelled, 8);
    expect_margin(fraud(100), Method::kMeans, 0, MarginRule::kRelative, 5.9);
    expect_margin(one(0), Method::kMeans, 0, MarginRule::kCancelled, 0.1);
}

TEST(Margin, IsAThousandthOfAUnitWhereTheValueIsSmall) {
    expect_margin(one(9.3e-10), Method::kClustered, 0, MarginRule::kSmall, 1e-3);
    expect_margin(one(0), Method::kBinomial, 0, MarginRule::kSmall, 1e-3);
    expect_margin(one(1e-8), Method::kMeans, 0.5, MarginRule::kSmall, 5e-4);
}

TEST(Margin, IsTheCasesOwnWhereItStatesOne) {
    ValidationCase c = fraud(390);
    c.margin = 0.5;
    expect_margin(c, Method::kMeans, 0, MarginRule::kOwn, 0.5);
}

TEST(Margin, OfWholeBlocksIsNone) {
    expect_margin(one(0), Method::kExact, 0, MarginRule::kExact, 0);
    expect_margin(one(101), Method::kExact, 0, MarginRule::kExact, 0.0101);
}

TEST(Margin, HoldsExcludesOrDecidesNothing) {
    const Margin margin{1, MarginRule::kRelative};
    EXPECT_TRUE(margin.holds({9.5, 11}, 10));
    EXPECT_FALSE(margin.excludes({9.5, 11}, 10));
    EXPECT_TRUE(margin.excludes({7, 8.9}, 10));
    EXPECT_FALSE(margin.holds({8, 9.5}, 10));
    EXPECT_FALSE(margin.excludes({8, 9.5}, 10));
}

}  // namespace
}  // namespace aivm::scenarios
