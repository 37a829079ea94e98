#include "sim/record/writer_lock.h"

#include <gtest/gtest.h>

#include <fstream>

#include "sim/record/test_support.h"

namespace aivm::sim {
namespace {

using WriterLockTest = test::RecordTest;

TEST_F(WriterLockTest, KeepsASecondWriterOutUntilTheFirstIsGone) {
    {
        const auto first = WriterLock::take(file("x"));
        ASSERT_TRUE(first);
        EXPECT_EQ(WriterLock::take(file("x")).error().code, ErrorCode::kWrongState);
        EXPECT_TRUE(WriterLock::take(file("y")));
    }
    EXPECT_TRUE(WriterLock::take(file("x")));
}

TEST_F(WriterLockTest, GoesWithTheFileToItsNewName) {
    const auto first = WriterLock::take(file("x"));
    ASSERT_TRUE(first);
    test::fs::rename(file("x"), file("y"));
    EXPECT_EQ(WriterLock::take(file("y")).error().code, ErrorCode::kWrongState);
    EXPECT_TRUE(WriterLock::take(file("x"))) << "another file by now";
}

TEST_F(WriterLockTest, KeepsTheContentsUntilItIsToldToClearThem) {
    std::ofstream(file("x")) << "contents";
    auto lock = WriterLock::take(file("x"));
    ASSERT_TRUE(lock);
    EXPECT_EQ(test::fs::file_size(file("x")), 8U);
    EXPECT_TRUE(lock->clear(file("x")));
    EXPECT_EQ(test::fs::file_size(file("x")), 0U);
}

TEST_F(WriterLockTest, RefusesWhatIsNoPlainFile) {
    EXPECT_NE(WriterLock::take(directory_.string()).error().text().find("not a plain file"),
              std::string::npos);
    EXPECT_NE(WriterLock::take("/proc/x").error().text().find("cannot be opened"),
              std::string::npos);
}

}  // namespace
}  // namespace aivm::sim
