#include "sim/storage/sim_disk.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <vector>

#include "sim/engine/random_stream.h"

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

std::shared_ptr<const WriteBatch> value_batch(const Bytes& key, std::uint8_t value) {
    auto batch = std::make_shared<WriteBatch>();
    batch->put(key, Bytes{value});
    return batch;
}

TEST(SimDisk, disks_that_write_the_same_batches_keep_them_once) {
    const auto shared = std::make_shared<SharedWrites>();
    SimDisk first(shared);
    SimDisk second(shared);
    SimDisk other(shared);
    for (std::uint8_t i = 0; i < 50; ++i) {
        const auto batch = batch_of(i % 7, i);
        for (SimDisk* disk : {&first, &second, &other}) {
            if (disk == &other && i >= 20) continue;
            ASSERT_TRUE(disk->write(batch));
            if (disk != &second) continue;
            ASSERT_TRUE(disk->write(value_batch({200}, i)));
        }
    }
    EXPECT_EQ(shared->size(), 50U);
    EXPECT_EQ(first.own_entries(), 0U);
    EXPECT_EQ(second.own_entries(), 1U);
    EXPECT_EQ(other.own_entries(), 0U);
    EXPECT_EQ(read(first, {0}), Bytes{49});
    EXPECT_EQ(read(second, {0}), Bytes{49});
    EXPECT_EQ(read(second, {200}), Bytes{49});
    EXPECT_EQ(read(other, {0}), Bytes{14}) << "it has written only the first twenty";
    EXPECT_EQ(read(first, {200}), std::nullopt);
    EXPECT_EQ(first.entries(), 14U);
    EXPECT_EQ(second.entries(), 15U);
}

// Against a plain map: three disks share a sequence, and each also writes batches of its own, skips
// some and overwrites what the others share.
TEST(SimDisk, a_shared_disk_reads_like_one_of_its_own) {
    RandomStream random({1, 2, 3});
    const auto shared = std::make_shared<SharedWrites>();
    std::vector<std::unique_ptr<SimDisk>> disks;
    std::vector<std::map<Bytes, Bytes>> models(3);
    for (int i = 0; i < 3; ++i) disks.push_back(std::make_unique<SimDisk>(shared));
    const auto apply = [&](std::size_t i, std::shared_ptr<const WriteBatch> batch) {
        for (std::size_t e = 0; e < batch->size(); ++e) {
            const auto [key, value] = batch->entry(e);
            const Bytes name(key.begin(), key.end());
            models[i].erase(name);
            if (value) models[i][name] = Bytes(value->begin(), value->end());
        }
        ASSERT_TRUE(disks[i]->write(std::move(batch)));
    };
    const auto any_batch = [&] {
        auto batch = std::make_shared<WriteBatch>();
        for (std::uint64_t n = random.below(4); n < 4; ++n) {
            const Bytes key{static_cast<std::uint8_t>(random.below(12))};
            if (random.below(4) == 0) {
                batch->erase(key);
            } else {
                batch->put(key, Bytes{static_cast<std::uint8_t>(random.below(256))});
            }
        }
        return batch;
    };
    for (int step = 0; step < 400; ++step) {
        const auto common = any_batch();
        for (std::size_t i = 0; i < 3; ++i) {
            if (random.below(50) != 0) apply(i, common);
            if (random.below(5) == 0) apply(i, any_batch());
        }
        for (std::size_t i = 0; i < 3; ++i) {
            std::map<Bytes, Bytes> seen;
            ASSERT_TRUE(disks[i]->scan({}, [&](ByteView key, ByteView value) {
                seen.emplace(Bytes(key.begin(), key.end()), Bytes(value.begin(), value.end()));
                return true;
            }));
            ASSERT_EQ(seen, models[i]) << step;
            ASSERT_EQ(disks[i]->entries(), models[i].size());
        }
    }
}

TEST(SimDisk, reads_fail_while_they_are_to_fail) {
    SimDisk disk;
    ASSERT_TRUE(disk.write(batch_of(7, 1)));
    disk.set_reads_fail(true);
    EXPECT_EQ(disk.get(Bytes{7}).error().code, ErrorCode::kStorage);
    EXPECT_FALSE(disk.scan({}, [](ByteView, ByteView) { return true; }));
    EXPECT_TRUE(disk.write(batch_of(7, 2)));
    disk.set_reads_fail(false);
    EXPECT_EQ(read(disk, {7}), Bytes{2});
}

TEST(SimDisk, a_misdirected_write_makes_two_values_unreadable_and_none_unset) {
    SimDisk disk;
    ASSERT_TRUE(disk.write(batch_of(3, 1)));
    disk.fail_next_write(WriteFault::kMisdirected);
    ASSERT_TRUE(disk.write(batch_of(7, 2))) << "the disk reports success";
    EXPECT_FALSE(disk.is_sound());
    EXPECT_EQ(disk.get(Bytes{7}).error().code, ErrorCode::kStorage);
    EXPECT_EQ(disk.get(Bytes{3}).error().code, ErrorCode::kStorage);
    EXPECT_EQ(read(disk, {7, 1}), Bytes{2});
    EXPECT_EQ(read(disk, {3, 1}), Bytes{1});
}

TEST(SimDisk, of_two_faults_of_the_next_write_the_worse_one_happens) {
    SimDisk disk;
    disk.fail_next_write(WriteFault::kCrashBefore);
    disk.fail_next_write(WriteFault::kFail);
    EXPECT_FALSE(disk.write(batch_of(7, 1)));
    EXPECT_TRUE(disk.down());
}

// Every subset of the unsynced writes is lost at some seed, and what is left is always a state that
// the disk was in, or an error; never a value that was there before and is unset now.
TEST(SimDisk, a_loss_of_power_loses_any_subset_of_the_unsynced_writes) {
    std::map<int, int> outcomes;  // the last write that survives; -1: a gap
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        SimDisk disk;
        ASSERT_TRUE(disk.write(batch_of(7, 1)));
        disk.begin_unsynced(seed);
        for (std::uint8_t value = 2; value <= 4; ++value)
            ASSERT_TRUE(disk.write(batch_of(7, value)));
        const bool lost = disk.lose_power();
        const auto value = disk.get(Bytes{7});
        if (!value) {
            EXPECT_FALSE(disk.is_sound());
            ++outcomes[-1];
            continue;
        }
        ASSERT_TRUE(*value);
        ++outcomes[(**value)[0]];
        EXPECT_EQ(lost, (**value)[0] != 4);
        EXPECT_EQ(read(disk, {7, 1}), **value);
    }
    // Of the eight subsets one keeps all, one loses all, two more are beginnings, four have a gap.
    EXPECT_NEAR(outcomes[4], 50, 25);
    EXPECT_NEAR(outcomes[3], 50, 25);
    EXPECT_NEAR(outcomes[2], 50, 25);
    EXPECT_NEAR(outcomes[1], 50, 25);
    EXPECT_NEAR(outcomes[-1], 200, 50);
}

TEST(SimDisk, what_was_written_long_ago_or_synced_is_safe) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        SimDisk disk;
        disk.begin_unsynced(seed);
        ASSERT_TRUE(disk.write(batch_of(1, 1)));
        for (std::uint8_t value = 0; value < 10; ++value)
            ASSERT_TRUE(disk.write(batch_of(7, value)));
        static_cast<void>(disk.lose_power());
        EXPECT_TRUE(!disk.is_sound() || read(disk, {1}) == Bytes{1});
        disk.replace();
        ASSERT_TRUE(disk.write(batch_of(5, 5)));
        disk.end_unsynced();
        EXPECT_FALSE(disk.lose_power());
        EXPECT_EQ(read(disk, {5}), Bytes{5});
    }
}

}  // namespace
}  // namespace aivm::sim
