#include "core/base/bytes.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace aivm {
namespace {

RC_GTEST_PROP(Bytes, HexReadsBackWhateverItWrote, (const Bytes& bytes)) {
    const std::string text = to_hex(bytes);
    RC_ASSERT(text.size() == bytes.size() * 2);
    RC_ASSERT(from_hex(text) == bytes);
    RC_ASSERT(from_hex("0x" + text) == bytes);
}

TEST(Bytes, HexIsLowerCaseAndReadsBothCases) {
    EXPECT_EQ(to_hex(Bytes{0x00, 0xAB, 0xFF}), "00abff");
    EXPECT_EQ(from_hex("00aBFf"), (Bytes{0x00, 0xAB, 0xFF}));
    EXPECT_EQ(from_hex(""), Bytes{});
    EXPECT_EQ(from_hex("0x"), Bytes{});
}

TEST(Bytes, HexRefusesEverythingElse) {
    for (const char* text :
         {"0", "0g", "g0", "0x0", "0X00", " 00", "00 ", "0x0x00", "-1", "0:", "@0", "`0"}) {
        EXPECT_FALSE(from_hex(text).has_value()) << text;
    }
}

TEST(Bytes, FixedHexMustHaveTheExactLength) {
    EXPECT_EQ(fixed_from_hex<2>("0x0102")->bytes, (std::array<std::uint8_t, 2>{1, 2}));
    EXPECT_FALSE(fixed_from_hex<2>("01").has_value());
    EXPECT_FALSE(fixed_from_hex<2>("010203").has_value());
    EXPECT_FALSE(fixed_from_hex<2>("01zz").has_value());
}

TEST(FixedBytes, StartsAsZeroAndOrdersByTheFirstDifference) {
    Hash32 a;
    Hash32 b;
    EXPECT_TRUE(a.is_zero());
    EXPECT_EQ(a, b);
    a.bytes[31] = 255;
    b.bytes[30] = 1;
    EXPECT_LT(a, b);
    b.bytes[0] = 1;
    a.bytes[0] = 0x80;  // bytes compare as unsigned
    EXPECT_GT(a, b);
    EXPECT_FALSE(a.is_zero());
}

TEST(FixedBytes, PrefixIsTheFirstEightBytesLittleEndian) {
    const auto hash = *fixed_from_hex<20>("0102030405060708ff00000000000000000000ff");
    EXPECT_EQ(hash.prefix64(), 0x0807060504030201U);
}

}  // namespace
}  // namespace aivm
