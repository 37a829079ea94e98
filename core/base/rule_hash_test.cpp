#include "core/base/rule_hash.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

#include "core/base/codec.h"
#include "core/base/digest.h"
#include "core/base/ideal_hashing.h"

namespace aivm {
namespace {

Bytes numbered_message(std::uint32_t number) {
    return Writer().string("message").u32(number).take();
}

TEST(RuleHash, IsKeccakUnlessTheThreadHoldsAnIdealHashing) {
    const Bytes one = numbered_message(1);
    EXPECT_EQ(rule_hash(one), keccak256(one));
    {
        const IdealHashing outer;
        const Hash32 ideal = rule_hash(one);
        EXPECT_NE(ideal, keccak256(one));
        {
            const IdealHashing inner;
            EXPECT_EQ(rule_hash(one), ideal);
        }
        EXPECT_EQ(rule_hash(one), ideal);
    }
    EXPECT_EQ(rule_hash(one), keccak256(one));
}

TEST(RuleHash, OfPartsIsThatOfTheirConcatenation) {
    const auto check = [] {
        for (const std::size_t size : {0, 1, 31, 255, 256, 257, 1000}) {
            const Bytes whole(size, 7);
            const ByteView all(whole);
            EXPECT_EQ(rule_hash({all.first(size / 3), all.subspan(size / 3)}), rule_hash(all));
        }
    };
    check();
    const IdealHashing ideal;
    check();
}

// Six standard deviations of 4,096 fair coins are 192.
TEST(RuleHash, EveryBitOfTheStandInIsAFairCoinAndNoTwoMessagesShareADigest) {
    const IdealHashing ideal;
    constexpr std::uint32_t kMessages = 4096;
    std::array<int, 256> ones{};
    std::set<Hash32> seen;
    for (std::uint32_t i = 0; i < kMessages; ++i) {
        const Hash32 digest = rule_hash(numbered_message(i));
        EXPECT_TRUE(seen.insert(digest).second);
        for (std::size_t bit = 0; bit < 256; ++bit)
            ones[bit] += digest.bytes[bit / 8] >> (bit % 8) & 1;
    }
    for (const int count : ones) EXPECT_NEAR(count, kMessages / 2, 192);
}

}  // namespace
}  // namespace aivm
