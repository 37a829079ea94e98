#include "scenarios/file/units.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "core/base/units.h"

namespace aivm::scenarios {
namespace {

TEST(Units, ADurationIsANumberAndAUnit) {
    EXPECT_EQ(parse_duration_ns("1ns"), 1U);
    EXPECT_EQ(parse_duration_ns("3us"), 3'000U);
    EXPECT_EQ(parse_duration_ns("0.5ms"), 500'000U);
    EXPECT_EQ(parse_duration_ns("30 s"), 30'000'000'000U);
    EXPECT_EQ(parse_duration_ns("1.5m"), 90'000'000'000U);
    EXPECT_EQ(parse_duration_ns("2h"), 7'200'000'000'000U);
    EXPECT_EQ(parse_duration_ns("1d"), 86'400'000'000'000U);
}

TEST(Units, AnAmountIsExactDownToTheNlux) {
    EXPECT_EQ(parse_amount_nlux("1000 LUX"), 1'000'000'000'000U);
    EXPECT_EQ(parse_amount_nlux("0.000000001 LUX"), 1U);
    EXPECT_EQ(parse_amount_nlux("1 mLUX"), 1'000'000U);
    EXPECT_EQ(parse_amount_nlux("7uLUX"), 7'000U);
    EXPECT_EQ(parse_amount_nlux("18446744073709551615 nLUX"), ~std::uint64_t{0});
}

TEST(Units, ARatioIsAFractionAPercentageOrPartsPerMillion) {
    EXPECT_EQ(parse_ratio_ppm("1/100"), 10'000U);
    EXPECT_EQ(parse_ratio_ppm("1 / 8"), 125'000U);
    EXPECT_EQ(parse_ratio_ppm("1%"), 10'000U);
    EXPECT_EQ(parse_ratio_ppm("0.25 %"), 2'500U);
    EXPECT_EQ(parse_ratio_ppm("10000 ppm"), 10'000U);
    EXPECT_EQ(parse_ratio_ppm("150%"), 1'500'000U);
}

TEST(Units, ABandwidthCanBeUnlimited) {
    EXPECT_EQ(parse_bandwidth_bps("100 Mbit/s"), 100'000'000U);
    EXPECT_EQ(parse_bandwidth_bps("1.5kbit/s"), 1'500U);
    EXPECT_EQ(parse_bandwidth_bps("unlimited"), 0U);
}

TEST(Units, WhatIsNotExactIsRefusedInsteadOfRounded) {
    EXPECT_EQ(parse_duration_ns("0.5ns").error().message, "\"0.5ns\" is not a whole number of ns");
    EXPECT_EQ(parse_amount_nlux("0.0000000001 LUX").error().message,
              "\"0.0000000001 LUX\" is not a whole number of nLUX");
    EXPECT_EQ(parse_ratio_ppm("1/3").error(),
              (Problem{"\"1/3\" is not a whole number of parts per million",
                       "write \"333333 ppm\" or a fraction that is a whole number of ppm"}));
}

TEST(Units, WhatDoesNotFitIn64BitsIsAnErrorAndNotAWrap) {
    EXPECT_EQ(parse_amount_nlux("18446744073709551616 nLUX").error().message,
              "\"18446744073709551616 nLUX\" is too large for a 64-bit number");
    EXPECT_FALSE(parse_amount_nlux("18446744074 LUX"));
    EXPECT_FALSE(parse_duration_ns("300000d"));
    EXPECT_FALSE(parse_ratio_ppm("18446744073709551615/1"));
    EXPECT_FALSE(parse_bandwidth_bps("99999999999999999999999999 Gbit/s"));
    EXPECT_FALSE(parse_integer("18446744073709551616"));
}

TEST(Units, WhatIsNoValueIsRefusedWithAnExample) {
    for (const auto* text : {"", "s", "5", "5 parsecs", "-5s", "+5s", "1.s", ".5s", "1e3s",
                             "1_000s", "1.2.3s", "5ss", "0x5s"})
        EXPECT_FALSE(parse_duration_ns(text)) << text;
    EXPECT_EQ(parse_duration_ns("5").error(),
              (Problem{"\"5\" is not a duration",
                       "write a number and one of ns us ms s m h d, such as \"30s\""}));
    for (const auto* text : {"1/0", "1/", "/2", "1/2/3", "-1/2", "0.01", "1.5/2"})
        EXPECT_FALSE(parse_ratio_ppm(text)) << text;
    for (const auto* text : {"", " 5", "5 ", "-1", "1.0"})
        EXPECT_FALSE(parse_integer(text)) << text;
}

TEST(Units, AWholeNumberBelowZeroIsCalledNegative) {
    EXPECT_EQ(parse_integer("-3").error(),
              (Problem{"-3 is negative", "write a whole number that is not below 0, such as 100"}));
    EXPECT_EQ(parse_integer("-").error().message, "\"-\" is not a whole number");
    EXPECT_EQ(parse_integer("-3x").error().message, "\"-3x\" is not a whole number");
}

TEST(Units, ValuesArePrintedInTheLargestUnitThatDivides) {
    EXPECT_EQ(exact_duration(0), "0s");
    EXPECT_EQ(exact_duration(7'200'000'000'000), "2h");
    EXPECT_EQ(exact_duration(1'500'000'000), "1500ms");
    EXPECT_EQ(exact_amount(Amount(0)), "0 LUX");
    EXPECT_EQ(exact_amount(Amount(1'500'000'000)), "1500 mLUX");
    EXPECT_EQ(print_ratio_ppm(0), "0%");
    EXPECT_EQ(print_ratio_ppm(1'000'000), "100%");
    EXPECT_EQ(print_ratio_ppm(333'333), "33.3333%");
    EXPECT_EQ(print_bandwidth_bps(0), "unlimited");
    EXPECT_EQ(print_bandwidth_bps(1'500'000), "1500 kbit/s");
}

TEST(Units, WhatIsPrintedReadsBackAsTheSameValue) {
    EXPECT_TRUE(rc::check("print then parse", [](std::uint64_t value) {
        RC_ASSERT(parse_duration_ns(exact_duration(value)) == value);
        RC_ASSERT(parse_amount_nlux(exact_amount(Amount(value))) == value);
        RC_ASSERT(parse_ratio_ppm(print_ratio_ppm(value)) == value);
        RC_ASSERT(parse_bandwidth_bps(print_bandwidth_bps(value)) == value);
    }));
}

}  // namespace
}  // namespace aivm::scenarios
