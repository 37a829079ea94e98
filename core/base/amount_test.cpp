#include "core/base/amount.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>

namespace aivm {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
__extension__ using Wide = unsigned __int128;

TEST(Checked, ArithmeticFitsUpToTheEdgeAndNotBeyond) {
    EXPECT_EQ(checked_add(kMax - 1, 1), kMax);
    EXPECT_EQ(checked_add(kMax, 1), std::nullopt);
    EXPECT_EQ(checked_add(kMax, kMax), std::nullopt);
    EXPECT_EQ(checked_mul(kMax, 1), kMax);
    EXPECT_EQ(checked_mul(kMax, 0), 0U);
    EXPECT_EQ(checked_mul(kMax / 2 + 1, 2), std::nullopt);
    EXPECT_EQ(checked_mul(std::uint64_t{1} << 32, std::uint64_t{1} << 32), std::nullopt);
}

RC_GTEST_PROP(Checked, ArithmeticAgreesWithWiderNumbers,
              (std::uint64_t a, std::uint64_t b, unsigned shift)) {
    a <<= shift % 64;  // RapidCheck's numbers are mostly small
    const auto fits = [](Wide wide) {
        return wide <= kMax ? std::optional(static_cast<std::uint64_t>(wide)) : std::nullopt;
    };
    RC_ASSERT(checked_add(a, b) == fits(Wide{a} + b));
    RC_ASSERT(checked_mul(a, b) == fits(Wide{a} * b));
}

TEST(Amount, CheckedMembersRefuseWhatDoesNotFit) {
    EXPECT_EQ(Amount(kMax - 1).checked_plus(Amount(1)), Amount(kMax));
    EXPECT_EQ(Amount(kMax).checked_plus(Amount(1)), std::nullopt);
    EXPECT_EQ(Amount(kMax / 3).checked_times(3), Amount(kMax));  // 2^64 - 1 is divisible by 3
    EXPECT_EQ(Amount(kMax / 3 + 1).checked_times(3), std::nullopt);
}

TEST(Amount, OperatorsStopRatherThanWrap) {
    EXPECT_THROW(Amount(kMax) + Amount(1), CheckFailure);
    EXPECT_THROW(Amount(1) - Amount(2), CheckFailure);
    Amount amount(3);
    EXPECT_THROW(amount -= Amount(4), CheckFailure);
    EXPECT_EQ(amount, Amount(3));
    amount += Amount(4);
    amount -= Amount(2);
    EXPECT_EQ(amount, Amount(5));
    EXPECT_TRUE((amount - Amount(5)).is_zero());
}

TEST(Amount, ShareRoundsDown) {
    EXPECT_EQ(Amount(10).share(1, 3), Amount(3));
    EXPECT_EQ(Amount(10).share(2, 3), Amount(6));
    EXPECT_EQ(Amount(1).share(9'999, 10'000), Amount(0));
    EXPECT_EQ(Amount(kMax).share(1, 1), Amount(kMax));
    EXPECT_EQ(Amount(kMax).share(kMax, kMax), Amount(kMax));
    EXPECT_EQ(Amount(kMax).share(kMax - 1, kMax), Amount(kMax - 1));
    EXPECT_EQ(Amount(kMax).share(0, 7), Amount(0));
    EXPECT_EQ(lux(1).bps(250), Amount(25'000'000));
    EXPECT_EQ(lux(7).bps(10'000), lux(7));
}

TEST(Amount, AShareOfMoreThanTheWholeOrOfNothingIsABug) {
    EXPECT_THROW((void)Amount(1).share(2, 1), CheckFailure);
    EXPECT_THROW((void)Amount(1).share(0, 0), CheckFailure);
    EXPECT_THROW((void)Amount(1).bps(10'001), CheckFailure);
}

RC_GTEST_PROP(Amount, AShareIsTheLargestAmountNotAboveTheExactOne,
              (std::uint64_t amount, std::uint64_t a, std::uint64_t b)) {
    const std::uint64_t denominator = std::max({a, b, std::uint64_t{1}});
    const std::uint64_t numerator = std::min(a, b);
    const Wide exact = Wide{amount} * numerator;  // over the denominator
    const Wide share = Amount(amount).share(numerator, denominator).nlux();
    RC_ASSERT(share * denominator <= exact);
    RC_ASSERT(exact - share * denominator < denominator);
}

TEST(Amount, ALuxIsABillionNlux) {
    EXPECT_EQ(lux(1).nlux(), 1'000'000'000U);
    EXPECT_EQ(millilux(1'500), lux(1) + Amount(500'000'000));
}

TEST(Amount, ExactTextHasEveryDigitAndDoesNotWrap) {
    EXPECT_EQ(exact_lux(Amount()), "0 LUX");
    EXPECT_EQ(exact_lux(lux(1000)), "1000 LUX");
    EXPECT_EQ(exact_lux(Amount(1)), "0.000000001 LUX");
    EXPECT_EQ(exact_lux(WideNlux{~std::uint64_t{0}} + 1), "18446744073.709551616 LUX");
}

}  // namespace
}  // namespace aivm
