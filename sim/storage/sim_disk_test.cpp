#include "sim/storage/sim_disk.h"

#include <gtest/gtest.h>

namespace aivm::sim {
namespace {

std::shared_ptr<const WriteBatch> batch_of(std::uint8_t key, std::uint8_t value) {
    auto batch = std::make_shared<WriteBatch>();
    batch->put(Bytes{key}, Bytes{value});
    batch->put(Bytes{key, 1}, Bytes{value});
    return batch;
}

std::optional<Bytes> read(const SimDisk& disk, Bytes key) { return disk.get(key).value(); }

TEST(SimDisk, later_writes_replace_earlier_ones_and_erasing_makes_a_key_unset) {
    SimDisk disk;
    ASSERT_TRUE(disk.write(batch_of(7, 1)));
    ASSERT_TRUE(disk.write(batch_of(7, 2)));
    EXPECT_EQ(read(disk, {7}), Bytes{2});
    auto erase = std::make_shared<WriteBatch>();
    erase->erase(Bytes{7});
    ASSERT_TRUE(disk.write(erase));
    EXPECT_EQ(read(disk, {7}), std::nullopt);
    EXPECT_EQ(read(disk, {7, 1}), Bytes{2});
}

TEST(SimDisk, a_crash_at_a_write_leaves_the_state_before_or_after_it_and_never_between) {
    for (const WriteFault fault : {WriteFault::kCrashBefore, WriteFault::kCrashAfter}) {
        SimDisk disk;
        ASSERT_TRUE(disk.write(batch_of(7, 1)));
        disk.set_fault(1, fault);
        EXPECT_FALSE(disk.write(batch_of(7, 2)));
        EXPECT_FALSE(disk.get(Bytes{7}))
            << "a disk without power answers nothing, not even 'unset'";
        disk.power_on();
        const Bytes expected{static_cast<std::uint8_t>(fault == WriteFault::kCrashAfter ? 2 : 1)};
        EXPECT_EQ(read(disk, {7}), expected);
        EXPECT_EQ(read(disk, {7, 1}), expected);
    }
}

TEST(SimDisk, a_failed_write_is_reported_and_changes_nothing) {
    SimDisk disk;
    disk.set_fault(0, WriteFault::kFail);
    EXPECT_EQ(disk.write(batch_of(7, 1)).error().code, ErrorCode::kStorage);
    EXPECT_EQ(read(disk, {7}), std::nullopt);
    EXPECT_TRUE(disk.write(batch_of(7, 1)));
}

TEST(SimDisk, a_scan_visits_the_keys_of_a_prefix_in_order_until_told_to_stop) {
    SimDisk disk;
    ASSERT_TRUE(disk.write(batch_of(9, 1)));
    ASSERT_TRUE(disk.write(batch_of(7, 1)));
    std::vector<Bytes> seen;
    const auto visit = [&](ByteView key, ByteView) {
        seen.emplace_back(key.begin(), key.end());
        return true;
    };
    ASSERT_TRUE(disk.scan(Bytes{7}, visit));
    EXPECT_EQ(seen, (std::vector<Bytes>{{7}, {7, 1}}));
}

TEST(SimDisk, what_has_rotted_is_an_error_until_it_is_written_anew_or_the_disk_is_replaced) {
    SimDisk disk;
    disk.rot(3);  // nothing is there yet
    ASSERT_TRUE(disk.write(batch_of(7, 1)));
    disk.rot(0);
    EXPECT_EQ(disk.get(Bytes{7}).error().code, ErrorCode::kStorage);
    EXPECT_FALSE(disk.is_sound());
    EXPECT_EQ(read(disk, {7, 1}), Bytes{1});
    EXPECT_FALSE(disk.scan(Bytes{7}, [](ByteView, ByteView) { return true; }));
    ASSERT_TRUE(disk.write(batch_of(7, 2)));
    EXPECT_EQ(read(disk, {7}), Bytes{2});
    EXPECT_TRUE(disk.is_sound());
    disk.rot(1);
    disk.replace();
    EXPECT_EQ(read(disk, {7, 1}), std::nullopt);
    EXPECT_EQ(disk.entries(), 0U);
}

TEST(SimDisk, the_next_write_fails_once_unless_that_is_forgotten) {
    SimDisk disk;
    ASSERT_TRUE(disk.write(batch_of(7, 1)));
    disk.fail_next_write(WriteFault::kFail);
    disk.forget_faults();
    EXPECT_TRUE(disk.write(batch_of(7, 2)));
    disk.fail_next_write(WriteFault::kFail);
    EXPECT_FALSE(disk.write(batch_of(7, 3)));
    EXPECT_TRUE(disk.write(batch_of(7, 3)));
}

}  // namespace
}  // namespace aivm::sim
