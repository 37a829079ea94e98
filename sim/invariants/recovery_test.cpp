#include "sim/invariants/recovery.h"

#include <gtest/gtest.h>

namespace aivm::sim {
namespace {

RecoveryParameters default_chain() {
    RecoveryParameters p;
    p.block_interval = 4 * kSecond;
    p.round_trip = kSecond;
    p.k = 11;
    p.alpha_confidence = 8;
    p.beta = 14;
    p.concurrent_polls = 4;
    p.poll_timeout = 2 * kSecond;
    return p;
}

TEST(Recovery, TheLimitIsFourTimesWhatProposingDecidingAndCatchingUpTake) {
    // Proposing 36 s; (14 + 64) / 4 + 1 rounds and one more of 1 s: 21 s; catching up 23 s and one
    // round trip.
    EXPECT_EQ(recovery_limit(default_chain()), 4 * (36 + 21 + 24) * kSecond);
    RecoveryParameters sequencer = default_chain();
    sequencer.k = 0;
    sequencer.finality_delay = 12 * kSecond;
    EXPECT_EQ(recovery_limit(sequencer), 4 * (36 + 13 + 24) * kSecond);
}

TEST(Recovery, LossAndSkewAndLongFaultsMakeTheLimitLonger) {
    const SimTime calm = recovery_limit(default_chain()).value();
    RecoveryParameters p = default_chain();
    p.answer_chance = 0.9;
    EXPECT_GT(recovery_limit(p).value(), calm);
    p = default_chain();
    p.clock_skew = 60 * kSecond;
    EXPECT_EQ(recovery_limit(p), calm + 60 * kSecond);
    p = default_chain();
    p.faults_last = 4000 * kSecond;  // 1,000 blocks: 15 more fetches
    EXPECT_EQ(recovery_limit(p), calm + 4 * 15 * kSecond);
}

TEST(Recovery, ParametersWithWhichPollsHardlyEverSucceedGiveNoLimit) {
    RecoveryParameters p = default_chain();
    p.alpha_confidence = 11;
    p.answer_chance = 0.5;
    EXPECT_FALSE(recovery_limit(p).has_value());
}

TEST(Recovery, TheTimeTakenEndsWithTheLastLaggardAndTheFirstNewBlock) {
    Recovery r(100 * kSecond, 50 * kSecond, 50 * kSecond);
    EXPECT_TRUE(r.may_still_recover(kSecond)) << "the fault has not ended";
    r.heal(7, {1, 2}, 100 * kSecond);
    r.reach(1, 7, 110 * kSecond);
    r.reach(0, 8, 115 * kSecond);
    EXPECT_FALSE(r.time_taken(true).has_value());
    r.reach(2, 7, 130 * kSecond);
    EXPECT_EQ(r.time_taken(true), 30 * kSecond);
    EXPECT_EQ(r.progressed_after(), 15 * kSecond);
    EXPECT_TRUE(r.may_still_recover(149 * kSecond));
    EXPECT_FALSE(r.may_still_recover(150 * kSecond));
}

TEST(Recovery, AChainWithoutWorkRecoversWithoutANewBlock) {
    Recovery r(100 * kSecond, 50 * kSecond, 50 * kSecond);
    r.heal(7, {}, 100 * kSecond);
    EXPECT_FALSE(r.time_taken(true).has_value());
    EXPECT_EQ(r.time_taken(false), 0);
}

TEST(Recovery, WithoutFaultsThereIsNothingToRecoverFrom) {
    const Recovery r(std::nullopt, 50 * kSecond, 50 * kSecond);
    EXPECT_FALSE(r.may_still_recover(0));
    EXPECT_FALSE(r.time_taken(false).has_value());
}

}  // namespace
}  // namespace aivm::sim
