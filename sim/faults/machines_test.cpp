// Faults of one machine nest: the worst in force counts, and the machine is back when the last one
// ends. The node is a stand-in that notes when it stops and starts; nodes with a chain are in
// world/world_test.cpp.
#include "sim/faults/machines.h"

#include <gtest/gtest.h>

namespace aivm::sim {
namespace {

class NotingActor final : public Actor {
public:
    void start() override {}
    void receive(ActorId, const Packet&) override {}
    void wake(std::uint64_t) override {}
    void crash() override { ++crashes; }
    void restart() override { ++restarts; }

    int crashes = 0;
    int restarts = 0;
};

struct Room {
    Room() {
        machines.install(0, actor);
        machines.add_disk();
    }
    void write(std::uint8_t value) {
        auto batch = std::make_shared<WriteBatch>();
        batch->put(Bytes{1}, Bytes{value});
        static_cast<void>(machines.disk(0).write(std::move(batch)));
    }

    Engine engine;
    NotingActor actor;
    int losses = 0;         // of what was on the disk
    int losses_unseen = 0;  // of them, those that the disk does not show
    int resumed = 0;
    Machines machines{engine,
                      1,
                      {[this](ActorId) { ++losses; }, [this](ActorId) { ++losses_unseen; },
                       [this](ActorId) { ++resumed; }}};
};

class Including final : public ValidatorStrategy {
public:
    explicit Including(bool builds_twice) : builds_twice_(builds_twice) {}
    bool includes(const SignedOperation&) override { return true; }
    bool builds_twice() override { return builds_twice_; }

private:
    bool builds_twice_;
};

TEST(Machines, BothReplicasOfAnIdentityDeviateUntilTheFaultEnds) {
    Room room;
    const FaultPlan plan;
    const auto make = [&] {
        std::vector<DeviatingValidator::Deviation> deviations;
        deviations.push_back({&plan, std::make_unique<Including>(true)});
        return DeviatingValidator(std::make_unique<Including>(false), std::move(deviations));
    };
    DeviatingValidator one = make();
    DeviatingValidator other = make();
    room.machines.install(0, one);
    room.machines.install(0, other);
    EXPECT_FALSE(one.builds_twice() || other.builds_twice());
    room.machines.deviate(0, plan);
    room.machines.stop(0);
    room.machines.release(0);
    room.machines.recover(0);
    EXPECT_TRUE(one.builds_twice() && other.builds_twice()) << "whatever else befalls the machine";
    room.machines.end_deviation(0, plan);
    EXPECT_FALSE(one.builds_twice() || other.builds_twice());
}

TEST(Machines, AMachineIsDownUntilTheLastFaultThatStopsItEnds) {
    Room room;
    room.machines.stop(0);
    room.machines.stop(0);
    EXPECT_EQ(room.actor.crashes, 1) << "it stops once";
    room.machines.release(0);
    room.machines.recover(0);
    EXPECT_FALSE(room.machines.is_up(0));
    room.machines.release(0);
    room.machines.recover(0);
    EXPECT_TRUE(room.machines.is_up(0));
    EXPECT_EQ(room.actor.restarts, 1);
    room.machines.recover(0);
    EXPECT_EQ(room.actor.restarts, 1) << "it runs already";
}

TEST(Machines, ANodeThatStoppedByItselfWaitsForTheEndOfEveryFaultOfItsDisk) {
    Room room;
    room.machines.begin_disk_fault(0);
    room.machines.begin_disk_fault(0);
    room.machines.note_stopped(0);
    room.machines.end_disk_fault(0);
    room.machines.recover(0);
    EXPECT_FALSE(room.machines.is_up(0));
    room.machines.end_disk_fault(0);
    room.machines.recover(0);
    EXPECT_TRUE(room.machines.is_up(0));
}

TEST(Machines, ANodeThatWasStoppedTriesAgainAlthoughItsDiskIsFaulty) {
    Room room;
    room.machines.begin_disk_fault(0);
    room.machines.stop(0);
    room.machines.release(0);
    room.machines.recover(0);
    EXPECT_TRUE(room.machines.is_up(0));
}

TEST(Machines, APausedMachineResumesWithTheLastPauseAndDoesNotStartBefore) {
    Room room;
    room.machines.pause(0);
    room.machines.pause(0);
    room.machines.stop(0);
    room.machines.release(0);
    room.machines.recover(0);
    EXPECT_FALSE(room.machines.is_up(0)) << "a paused machine starts nothing";
    room.machines.resume(0);
    EXPECT_TRUE(room.machines.is_paused(0));
    EXPECT_EQ(room.resumed, 0);
    room.machines.resume(0);
    room.machines.recover(0);
    EXPECT_FALSE(room.machines.is_paused(0));
    EXPECT_EQ(room.resumed, 1);
    EXPECT_TRUE(room.machines.is_up(0));
}

TEST(Machines, ADiskWithSomethingUnreadableIsReplacedBeforeItsMachineStarts) {
    Room room;
    room.write(1);
    room.machines.rot_disk(0, 7);
    ASSERT_FALSE(room.machines.disk(0).is_sound());
    room.machines.check_disk(0);
    room.machines.recover(0);
    EXPECT_TRUE(room.machines.disk(0).is_sound());
    EXPECT_EQ(room.machines.disk(0).entries(), 0U);
    EXPECT_EQ(room.losses, 1);
    EXPECT_EQ(room.losses_unseen, 0);
    EXPECT_EQ(room.actor.crashes, 1);
    EXPECT_EQ(room.actor.restarts, 1);
    room.machines.check_disk(0);
    EXPECT_EQ(room.actor.crashes, 1) << "a sound disk needs no check";
}

TEST(Machines, ALostDiskIsEmptyWhenItsMachineStarts) {
    Room room;
    room.write(1);
    room.machines.stop(0);
    room.machines.lose_disk(0);
    EXPECT_EQ(room.machines.disk(0).entries(), 1U);
    room.machines.release(0);
    room.machines.recover(0);
    EXPECT_EQ(room.machines.disk(0).entries(), 0U);
    EXPECT_EQ(room.losses, 1);
}

TEST(Machines, ACrashLosesUnsyncedWritesAndAStopOfTheNodeDoesNot) {
    int lost_by_crash = 0;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        Room room;
        room.machines.begin_disk_fault(0);
        room.machines.begin_unsynced(0, seed);
        room.write(1);
        room.machines.note_stopped(0);
        EXPECT_EQ(room.losses, 0) << "the machine keeps its power";
        room.machines.cut_power(0);
        EXPECT_EQ(room.losses, 0) << "it is down already";
        room.machines.end_disk_fault(0);
        room.machines.recover(0);
        room.machines.begin_unsynced(0, seed);
        room.write(2);
        room.machines.cut_power(0);
        lost_by_crash += room.losses;
        EXPECT_EQ(room.losses_unseen, room.losses) << "one write leaves no gap";
    }
    EXPECT_NEAR(lost_by_crash, 20, 12);
}

TEST(Machines, WritesFailUntilTheLastFaultOfThemEnds) {
    Room room;
    room.machines.begin_write_fault(0, WriteFault::kFail);
    room.machines.begin_write_fault(0, WriteFault::kFail);
    room.machines.end_write_fault(0);
    room.write(1);
    EXPECT_EQ(room.machines.disk(0).entries(), 0U) << "the second fault is still in force";
    room.machines.end_write_fault(0);
    room.write(1);
    EXPECT_EQ(room.machines.disk(0).entries(), 1U);
    room.machines.begin_read_fault(0);
    room.machines.begin_read_fault(0);
    room.machines.end_read_fault(0);
    EXPECT_FALSE(room.machines.disk(0).get(Bytes{1}));
    room.machines.end_read_fault(0);
    EXPECT_TRUE(room.machines.disk(0).get(Bytes{1}));
}

TEST(Machines, OfSeveralClocksTheOneFurthestOffCounts) {
    Room room;
    FaultPlan little;
    little.kind = FaultKind::kClock;
    little.skew_ns = 10;
    FaultPlan much = little;
    much.skew_ns = 30;
    much.behind = true;
    room.machines.set_clock_wrong(0, little);
    EXPECT_EQ(room.machines.clock_error(0), 10);
    room.machines.set_clock_wrong(0, much);
    EXPECT_EQ(room.machines.clock_error(0), -30);
    room.machines.set_clock_right(0, much);
    EXPECT_EQ(room.machines.clock_error(0), 10);
}

TEST(Machines, TheSlowestOfSeveralDiskFaultsCountsAndWaitsDoNotOverflow) {
    Room room;
    constexpr SimTime kYear = 365 * 24 * 60 * kMinute;
    room.machines.slow_disk(0, 5);
    room.machines.slow_disk(0, 3);
    room.write(1);
    EXPECT_EQ(room.machines.wait_for_disk(0), 5);
    room.machines.end_slow_disk(0, 5);
    room.write(2);
    EXPECT_EQ(room.machines.wait_for_disk(0), 8);
    for (int i = 0; i < 300; ++i) room.machines.slow_disk(0, kYear);
    for (std::uint8_t i = 0; i < 200; ++i) room.write(i);
    EXPECT_GT(room.machines.wait_for_disk(0), kYear);
    for (int round = 0; round < 500; ++round) {
        for (std::uint8_t i = 0; i < 200; ++i) room.write(i);
        ASSERT_GT(room.machines.wait_for_disk(0), 0);
    }
    EXPECT_LE(room.machines.wait_for_disk(0), kEndOfTime / 4);
}

}  // namespace
}  // namespace aivm::sim
