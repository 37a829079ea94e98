#include "sim/actors/node_records.h"

#include <gtest/gtest.h>

#include "core/base/digest.h"

namespace aivm::sim {
namespace {

const Hash32 kOne = sha256(as_bytes("one"));
const Hash32 kOther = sha256(as_bytes("other"));

TEST(NodeRecords, OneMessageIsSignedPerSlotWhateverHappensInBetween) {
    MemoryStore store;
    const SigningSlot slot{1, 7, 2};
    EXPECT_TRUE(NodeRecords(store).claim(slot, kOne).value());
    NodeRecords after_restart(store);
    EXPECT_FALSE(after_restart.claim(slot, kOther).value());
    EXPECT_TRUE(after_restart.claim(slot, kOne).value()) << "the same message again";
    for (const SigningSlot& other : {SigningSlot{2, 7, 2}, {1, 8, 2}, {1, 7, 3}})
        EXPECT_TRUE(after_restart.claim(other, kOther).value());
}

TEST(NodeRecords, TheEnginesRecordsAreReplacedAndRemovedByKey) {
    MemoryStore store;
    NodeRecords records(store);
    ASSERT_TRUE(records.put({{1}, {10}}).has_value());
    ASSERT_TRUE(records.put({{2}, {20}}).has_value());
    ASSERT_TRUE(records.put({{1}, {11}}).has_value());
    ASSERT_TRUE(records.put({{2}, {}}).has_value());
    const auto found = records.engine_records().value();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].key, Bytes{1});
    EXPECT_EQ(found[0].value, Bytes{11});
}

TEST(NodeRecords, SilenceIsRemembered) {
    MemoryStore store;
    EXPECT_EQ(NodeRecords(store).silent_until().value(), 0U);
    ASSERT_TRUE(NodeRecords(store).set_silent_until(30).has_value());
    EXPECT_EQ(NodeRecords(store).silent_until().value(), 30U);
}

}  // namespace
}  // namespace aivm::sim
