#include "scenarios/validation/expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace aivm::scenarios {
namespace {

using ::testing::HasSubstr;

double value(std::string_view text, const Bindings& names = {}) {
    const auto found = evaluate(text, names);
    EXPECT_TRUE(found) << found.error().text();
    return found ? found->value : 0;
}

std::string fault(std::string_view text) {
    const auto found = evaluate(text, {});
    return found ? "no fault" : found.error().context;
}

TEST(Expression, OperatorsBindAsInPython) {
    EXPECT_EQ(value("1+2*3-4/2"), 5);
    EXPECT_EQ(value("-2**2"), -4);
    EXPECT_EQ(value("2**3**2"), 512);
    EXPECT_EQ(value("2**-1"), 0.5);
    EXPECT_EQ(value("(1 - a)*b", {{"a", 0.25}, {"b", 8}}), 6);
}

TEST(Expression, KnowsTheHelpersOfTheCaseFile) {
    // By hand, and by scipy 1.11.
    EXPECT_NEAR(value("binom_sf(3,5,0.2)"), 0.05792, 1e-12);
    EXPECT_NEAR(value("binom_cdf(2,5,0.9)"), 0.00856, 1e-12);
    EXPECT_NEAR(value("binom_sf(0,5,0.2)"), 1, 1e-12);
    EXPECT_NEAR(value("binom_cdf(500,1000,0.5)"), 0.5126125090891802, 1e-10);
    EXPECT_NEAR(value("hyper_sf(3,50,10,5)"), 0.04826032, 1e-7);
    EXPECT_NEAR(value("hyper_sf(15,100,25,20)"), 1.1003e-7, 1e-11);
    EXPECT_NEAR(value("erlang_b(10,10)"), 0.2145823, 1e-7);
    EXPECT_NEAR(value("erlang_c(8,10)"), 0.4091801, 1e-7);
    EXPECT_EQ(value("comb(20,10)"), 184756);
    EXPECT_EQ(value("ceil(7/2)"), 4);
    EXPECT_EQ(value("floor(7/2)"), 3);
    EXPECT_EQ(value("floor(-1/2)"), -1);
    EXPECT_EQ(value("ceil(log2(64))"), 6);
    EXPECT_EQ(value("ceil(log2(65))"), 7);
    EXPECT_NEAR(value("exp(-2.5)"), 0.0820850, 1e-7);
    EXPECT_NEAR(value("sum(1/i for i in range(N-M+1,N+1))/mu", {{"N", 5}, {"M", 3}, {"mu", 1}}),
                0.7833333, 1e-7);
}

TEST(Expression, KnowsTheLargestTermOfASumWhichACancelledSumIsMeasuredBy) {
    const auto fraud = evaluate("(1-p)*G-p*S-c", {{"p", 0.2}, {"G", 100}, {"S", 395}, {"c", 1}});
    ASSERT_TRUE(fraud);
    EXPECT_NEAR(fraud->value, 0, 1e-12);
    EXPECT_NEAR(fraud->largest_term, 80, 1e-12);
    EXPECT_EQ(evaluate("U-(C+R+1)", {{"U", 60}, {"C", 30}, {"R", 30}})->largest_term, 61);
    EXPECT_EQ(evaluate("-3*2", {})->largest_term, 6);
}

TEST(Expression, NamesThePlaceOfAMistake) {
    EXPECT_THAT(fault("1+"), HasSubstr("column 3"));
    EXPECT_THAT(fault("1 2"), HasSubstr("left over"));
    EXPECT_THAT(fault("x"), HasSubstr("no parameter is called 'x'"));
    EXPECT_THAT(fault("f(1)"), HasSubstr("no function f of 1 arguments"));
    EXPECT_THAT(fault("binom_sf(1,2)"), HasSubstr("of 2 arguments"));
    EXPECT_THAT(fault("binom_sf(1,2,3)"), HasSubstr("0 <= p <= 1"));
    EXPECT_THAT(fault("hyper_sf(1,2,3,1)"), HasSubstr("0 <= K <= n"));
    EXPECT_THAT(fault("erlang_c(9,8)"), HasSubstr("no function erlang_c"));
    EXPECT_THAT(fault("comb(1e9,2)"), HasSubstr("too large"));
    EXPECT_THAT(fault("log2(0)"), HasSubstr("x > 0"));
    EXPECT_THAT(fault("1/0"), HasSubstr("not finite"));
    EXPECT_THAT(fault("(1"), HasSubstr("')' was expected"));
    EXPECT_THAT(fault("sum(i for i in range(0,1e9))"), HasSubstr("too long"));
    EXPECT_THAT(fault("sum(1)"), HasSubstr("'for' was expected"));
    EXPECT_THAT(fault(std::string(100'000, '(')), HasSubstr("too deep"));
}

// Each of these once took minutes or for ever, and with it the whole case file.
TEST(Expression, WhatTakesTooLongIsAFault) {
    EXPECT_THAT(fault("sum(1 for i in range(10**17,10**17+96))"), HasSubstr("too long"));
    EXPECT_THAT(fault("sum(binom_cdf(9000,9000,0.5) for i in range(0,100))"),
                HasSubstr("takes too long to compute"));
    EXPECT_THAT(fault("binom_cdf(100000,100000,0.5)"), HasSubstr("takes too long to compute"));
    EXPECT_THAT(fault("hyper_sf(0,100000,50000,50000)"), HasSubstr("takes too long to compute"));
    EXPECT_EQ(value("sum(1 for i in range(0,100000))"), 100'000);
}

}  // namespace
}  // namespace aivm::scenarios
