#include "core/execution/authorizer.h"

#include <gtest/gtest.h>

#include "core/base/digest.h"

namespace aivm {
namespace {

const Ed25519Authorizer kAuthorizer;
const Hash32 kMessage = keccak256(as_bytes(std::string_view("message")));

Ed25519Key key(std::uint8_t number) {
    Ed25519Seed seed;
    seed.bytes[0] = number;
    return Ed25519Key(seed);
}

TEST(Ed25519, TheOwnerOfAnAddressSignsAndNobodyElse) {
    const Bytes good = key(1).sign(kMessage);
    EXPECT_EQ(good.size(), 96U);
    EXPECT_TRUE(kAuthorizer.verify(key(1).address(), kMessage, good));
    EXPECT_FALSE(kAuthorizer.verify(key(2).address(), kMessage, good));
    EXPECT_FALSE(kAuthorizer.verify(key(1).address(), kMessage, key(2).sign(kMessage)));
    EXPECT_FALSE(kAuthorizer.verify(key(1).address(), Hash32{}, good));
    EXPECT_EQ(key(1).sign(kMessage), good);  // signing is deterministic
}

TEST(Ed25519, EveryChangedBitAndEveryOtherLengthIsRefused) {
    const Bytes good = key(1).sign(kMessage);
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        Bytes bad = good;
        bad[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        EXPECT_FALSE(kAuthorizer.verify(key(1).address(), kMessage, bad)) << bit;
    }
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_FALSE(kAuthorizer.verify(key(1).address(), kMessage, ByteView(good).first(size)));
    }
    Bytes longer = good;
    longer.push_back(0);
    EXPECT_FALSE(kAuthorizer.verify(key(1).address(), kMessage, longer));
}

}  // namespace
}  // namespace aivm
