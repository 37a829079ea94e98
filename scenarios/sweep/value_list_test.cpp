#include "scenarios/sweep/value_list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

namespace aivm::scenarios {
namespace {

std::string values(std::string_view text) {
    const auto parsed = parse_value_list(text);
    return parsed ? fmt::format("{}", fmt::join(*parsed, " ")) : "error: " + parsed.error().message;
}

std::string seeds(std::string_view text) {
    const auto parsed = parse_seeds(text);
    return parsed ? fmt::format("{}", fmt::join(*parsed, " ")) : "error: " + parsed.error().message;
}

TEST(ValueList, PlainValuesStayAsTheyAreWritten) {
    EXPECT_EQ(values("1"), "1");
    EXPECT_EQ(values(" iid , permuted"), "iid permuted");
    EXPECT_EQ(values("1/100,2%"), "1/100 2%");
    EXPECT_EQ(parse_value_list("NA,EU|AS")->size(), 2U);
    EXPECT_EQ(parse_value_list("100 LUX,200 LUX")->at(1), "200 LUX");
}

TEST(ValueList, RangesIncludeBothEnds) {
    EXPECT_EQ(values("1..4"), "1 2 3 4");
    EXPECT_EQ(values("3..3"), "3");
    EXPECT_EQ(values("1..10:4"), "1 5 9");
    EXPECT_EQ(values("10%..90%:20%"), "10% 30% 50% 70% 90%");
    EXPECT_EQ(values("0.5s..2s:0.5s"), "0.5s 1s 1.5s 2s");
    EXPECT_EQ(values("1,5..7,20"), "1 5 6 7 20");
    EXPECT_EQ(parse_value_list("100 LUX..300 LUX:100 LUX")->at(2), "300 LUX");
    EXPECT_EQ(values("-2..1"), "-2 -1 0 1");
}

TEST(ValueList, DotsContinueASeries) {
    EXPECT_EQ(values("1,2,5,...,1000"), "1 2 5 10 20 50 100 200 500 1000");
    EXPECT_EQ(values("1,2,5,\u2026,100"), "1 2 5 10 20 50 100");
    EXPECT_EQ(values("5,10,20,...,200"), "5 10 20 50 100 200");
    EXPECT_EQ(values("5,10,20,...,80"), "5 10 20 40 80");
    EXPECT_EQ(values("1,2,4,...,32"), "1 2 4 8 16 32");
    EXPECT_EQ(values("10%,20%,...,50%"), "10% 20% 30% 40% 50%");
    EXPECT_EQ(values("1,2,5,...,20,7"), "1 2 5 10 20 7");
    EXPECT_EQ(values("0.1s,0.2s,0.5s,...,2s"), "0.1s 0.2s 0.5s 1s 2s");
}

TEST(ValueList, WhatIsNotAListSaysWhy) {
    EXPECT_NE(values("").find("empty value"), std::string::npos);
    EXPECT_NE(values("1,,2").find("empty value"), std::string::npos);
    EXPECT_NE(values("5..1").find("is empty"), std::string::npos);
    EXPECT_NE(values("1..5:0").find("not above 0"), std::string::npos);
    EXPECT_NE(values("10%..90%").find("has no step"), std::string::npos);
    EXPECT_NE(values("1s..5m:1s").find("different units"), std::string::npos);
    EXPECT_NE(values("a..b").find("not a number"), std::string::npos);
    EXPECT_NE(values("..5").find("not a number"), std::string::npos);
    EXPECT_NE(values("1,...,5").find("too short"), std::string::npos);
    EXPECT_NE(values("1,2,5,...,999").find("meet its end"), std::string::npos);
    EXPECT_NE(values("1,2,5,...").find("nothing follows"), std::string::npos);
    EXPECT_NE(values("...,5").find("too short"), std::string::npos);
    EXPECT_NE(values("1..999999999").find("more than"), std::string::npos);
    EXPECT_NE(values("1..99999999999999999999").find("not a number"), std::string::npos);
}

TEST(ValueList, SeedsAreRangesNumbersAndCommits) {
    EXPECT_EQ(seeds("1..4"), "1 2 3 4");
    EXPECT_EQ(seeds("0x10,3..9:3"), "16 3 6 9");
    EXPECT_EQ(parse_seeds(std::string(40, 'f'))->size(), 1U);
    EXPECT_NE(seeds("1,2,1").find("given twice"), std::string::npos);
    EXPECT_NE(seeds("1..4,0x3").find("given twice"), std::string::npos);
    EXPECT_NE(seeds("x").find("is no seed"), std::string::npos);
    EXPECT_NE(seeds("").find("is no seed"), std::string::npos);
    EXPECT_NE(seeds("4..1").find("is empty"), std::string::npos);
    EXPECT_NE(seeds("-1..1").find("is no seed"), std::string::npos);
}

TEST(ValueList, SeedsPrintAsTheyRead) {
    for (const std::string_view text : {"1..64", "5", "1..3,7,9..10", "7,3,1..2"}) {
        EXPECT_EQ(seeds_text(*parse_seeds(text)), text);
    }
}

}  // namespace
}  // namespace aivm::scenarios
