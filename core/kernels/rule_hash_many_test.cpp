#include "core/kernels/rule_hash_many.h"

#include <gtest/gtest.h>

#include <array>

#include "core/base/codec.h"
#include "core/base/ideal_hashing.h"
#include "core/base/rule_hash.h"

namespace aivm {
namespace {

Bytes batch_message(std::uint32_t number) { return Writer().string("message").u32(number).take(); }

TEST(RuleHashMany, ManyAreHashedLikeEachAlone) {
    const auto check = [] {
        Bytes messages;
        std::array<Hash32, 5> expected;
        for (std::uint32_t i = 0; i < 5; ++i) {
            const Bytes one = batch_message(i);
            messages.insert(messages.end(), one.begin(), one.end());
            expected[i] = rule_hash(one);
        }
        std::array<Hash32, 5> digests;
        rule_hash_many(scalar_hasher(), messages.data(), messages.size() / 5, 5, digests.data());
        EXPECT_EQ(digests, expected);
    };
    check();
    const IdealHashing ideal;
    check();
}

}  // namespace
}  // namespace aivm
