#include "core/chain/vote_slot.h"

#include <gtest/gtest.h>

#include "core/base/digest.h"

namespace aivm {
namespace {

TEST(VoteSlot, AnEvidenceSlotNamesItsVoteAndNoBlock) {
    for (const VoteSlot slot : {VoteSlot{0, 0, 0}, VoteSlot{1, 7, 3},
                                VoteSlot{7, (Height{1} << 36) - 1, (1U << 24) - 1}}) {
        const auto number = evidence_slot(slot);
        ASSERT_TRUE(number);
        EXPECT_EQ(vote_slot_of(*number), slot);
    }
    EXPECT_FALSE(vote_slot_of(0));
    EXPECT_FALSE(vote_slot_of(~std::uint64_t{0} >> 1));
}

TEST(VoteSlot, WhatDoesNotFitHasNoEvidenceSlot) {
    EXPECT_FALSE(evidence_slot({8, 0, 0}));
    EXPECT_FALSE(evidence_slot({0, Height{1} << 36, 0}));
    EXPECT_FALSE(evidence_slot({0, 0, 1U << 24}));
}

TEST(VoteSlot, EveryPartOfAVoteIsSigned) {
    const Hash32 item = sha256(as_bytes("item"));
    const Hash32 message = vote_message(1, {1, 7, 3}, item);
    EXPECT_NE(message, vote_message(2, {1, 7, 3}, item));
    EXPECT_NE(message, vote_message(1, {0, 7, 3}, item));
    EXPECT_NE(message, vote_message(1, {1, 8, 3}, item));
    EXPECT_NE(message, vote_message(1, {1, 7, 4}, item));
    EXPECT_NE(message, vote_message(1, {1, 7, 3}, {}));
}

}  // namespace
}  // namespace aivm
