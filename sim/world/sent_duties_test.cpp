#include "sim/world/sent_duties.h"

#include <gtest/gtest.h>

#include "core/testing/test_chain.h"

namespace aivm::sim {
namespace {

constexpr SimTime kInterval = 4 * kSecond;
constexpr ActorId kProvider = 7;
constexpr SentDuty kAnswer{TaskIndex{0}, 1, SlashCause::kTimeout, kNoWindow};

class Sent : public ::testing::Test {
protected:
    // A chain of blocks 0 to 10, one per interval.
    Sent() {
        Executed block = *aivm::test::TestChain().genesis();
        for (Height height = 0; height <= 10; ++height) {
            block.state.head.height = height;
            duties.accept(block);
            block.state.head.timestamp_ns += static_cast<TimestampNs>(kInterval);
        }
    }
    std::uint32_t open_assignment = 1;
    SentDuties duties{[this](const SentDuty& duty) { return duty.assignment == open_assignment; }};
};

TEST_F(Sent, BeforeTheBlockThatSlashesIsInTime) {
    duties.add(kProvider, kAnswer, 5 * kInterval - 1);
    EXPECT_TRUE(duties.in_time(kProvider, kAnswer, 5));
    EXPECT_FALSE(duties.in_time(kProvider, kAnswer, 4));
}

TEST_F(Sent, InTheInstantOfTheBlockIsTooLate) {
    duties.add(kProvider, kAnswer, 5 * kInterval);
    EXPECT_FALSE(duties.in_time(kProvider, kAnswer, 5));
    EXPECT_TRUE(duties.in_time(kProvider, kAnswer, 6));
}

TEST_F(Sent, AfterTheLastBlockOfItsWindowIsTooLateWheneverTheSlashComes) {
    const SentDuty reveal{TaskIndex{0}, 1, SlashCause::kUnrevealed, 3};
    duties.add(kProvider, reveal, 3 * kInterval);
    EXPECT_FALSE(duties.in_time(kProvider, reveal, 10));
    duties.add(kProvider, reveal, 3 * kInterval - 1);
    EXPECT_TRUE(duties.in_time(kProvider, reveal, 10));
}

TEST_F(Sent, ForAnotherSeatOrCauseAvertsNothing) {
    duties.add(kProvider, kAnswer, 0);
    const auto averts = [&](ActorId provider, const SentDuty& slash) {
        return duties.in_time(provider, slash, 5);
    };
    EXPECT_TRUE(averts(kProvider, kAnswer));
    EXPECT_FALSE(averts(kProvider + 1, kAnswer));
    EXPECT_FALSE(averts(kProvider, {TaskIndex{1}, 1, SlashCause::kTimeout}));
    EXPECT_FALSE(averts(kProvider, {TaskIndex{0}, 2, SlashCause::kTimeout}));
    EXPECT_FALSE(averts(kProvider, {TaskIndex{0}, 1, SlashCause::kSilent}));
}

TEST_F(Sent, OnceMoreLaterIsStillInTime) {
    duties.add(kProvider, kAnswer, kInterval);
    duties.add(kProvider, kAnswer, 9 * kInterval);
    EXPECT_TRUE(duties.in_time(kProvider, kAnswer, 2));
}

TEST_F(Sent, WhatConcernsClosedAssignmentsIsDropped) {
    SentDuty duty = kAnswer;
    for (; duty.assignment < 10'000; ++duty.assignment) {
        open_assignment = duty.assignment;
        duties.add(kProvider, duty, 0);
        ASSERT_LE(duties.size(), SentDuties::kKeptMin);
    }
    --duty.assignment;
    EXPECT_TRUE(duties.in_time(kProvider, duty, 1));
}

}  // namespace
}  // namespace aivm::sim
