#include "scenarios/cli/text.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "sim/engine/time.h"

namespace aivm::scenarios::cli {
namespace {

constexpr std::int64_t kLux = 1'000'000'000;

TEST(Text, NumbersAreGroupedByThousands) {
    EXPECT_EQ(grouped(std::uint64_t{0}), "0");
    EXPECT_EQ(grouped(std::uint64_t{999}), "999");
    EXPECT_EQ(grouped(std::uint64_t{48'211}), "48 211");
    EXPECT_EQ(grouped(std::int64_t{-1'000'000}), "-1 000 000");
    EXPECT_EQ(grouped(std::numeric_limits<std::int64_t>::min()), "-9 223 372 036 854 775 808");
}

TEST(Text, MoneyInSentencesHasOnlyTheDecimalsThatMatter) {
    EXPECT_EQ(lux_text(0), "0");
    EXPECT_EQ(lux_text(4'984 * kLux), "4 984");
    EXPECT_EQ(lux_text(71 * kLux + kLux / 4), "71.25");
    EXPECT_EQ(lux_text(-kLux / 2), "-0.5");
    EXPECT_EQ(lux_text(-1), "0");
    EXPECT_EQ(lux_text(10 * kLux), "10");
    EXPECT_EQ(lux_text(150 * kLux + kLux / 2), "151");
}

TEST(Text, MoneyInColumnsHasTwoDecimals) {
    EXPECT_EQ(lux_column(0), "0.00");
    EXPECT_EQ(lux_column(-4'984 * kLux), "-4 984.00");
    EXPECT_EQ(lux_column(kLux - 1), "1.00");
    EXPECT_EQ(lux_column(-1), "0.00");
}

TEST(Text, SpansOfTimeLeaveOutWhatIsZero) {
    EXPECT_EQ(span_text(0), "0ms");
    EXPECT_EQ(span_text(120 * sim::kMillisecond), "120ms");
    EXPECT_EQ(span_text(8 * sim::kSecond + 250 * sim::kMillisecond), "8.25s");
    EXPECT_EQ(span_text(10 * sim::kSecond), "10s");
    EXPECT_EQ(span_text(2 * sim::kMinute), "2m");
    EXPECT_EQ(span_text(28 * sim::kMinute + 40 * sim::kSecond), "28m40s");
    EXPECT_EQ(span_text(360 * sim::kMinute), "6h");
    EXPECT_EQ(span_text(62 * sim::kMinute), "1h02m");
    EXPECT_EQ(span_text(60 * sim::kMinute + sim::kSecond), "1h00m01s");
}

TEST(Text, MomentsShowTenthsOfSeconds) {
    EXPECT_EQ(moment_text(8 * sim::kSecond), "8.0s");
    EXPECT_EQ(moment_text(4 * sim::kMinute + 8 * sim::kSecond), "4m 08.0s");
    EXPECT_EQ(moment_text(62 * sim::kMinute + 8 * sim::kSecond + 90 * sim::kMillisecond),
              "1h 02m 08.0s");
}

TEST(Text, OneTaskAndSeveralTasks) {
    EXPECT_EQ(counted(1, "task"), "1 task");
    EXPECT_EQ(counted(2'000, "task"), "2 000 tasks");
}

TEST(Text, LongLinesAreBrokenAtSpacesAndIndented) {
    EXPECT_EQ(wrapped("aa bb cc", 5, 2), "aa bb\n  cc");
    EXPECT_EQ(wrapped("unbreakable", 3, 1), "unbreakable");
    EXPECT_EQ(wrapped("", 10, 2), "");
}

TEST(Text, NumbersAreNotBrokenBetweenTheirDigits) {
    EXPECT_EQ(wrapped("took 7 090 of 7 090 LUX", 15, 2), "took 7 090 of\n  7 090 LUX");
    EXPECT_EQ(wrapped("at 1 200 345", 8, 0), "at\n1 200 345");
    EXPECT_EQ(wrapped("block 7 12 345", 9, 0), "block 7\n12 345") << "two numbers";
}

}  // namespace
}  // namespace aivm::scenarios::cli
