#include "sim/storage/file_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace aivm::sim {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class FileStoreTest : public testing::Test {
protected:
    void SetUp() override {
        folder_ = fs::temp_directory_path() /
                  ("aivm_store_" + std::to_string(::getpid()) + "_" +
                   testing::UnitTest::GetInstance()->current_test_info()->name());
        fs::create_directories(folder_);
        path_ = folder_ / "chain.store";
    }
    void TearDown() override { fs::remove_all(folder_); }

    [[nodiscard]] std::unique_ptr<FileStore> open() const {
        auto store = FileStore::open(path_);
        EXPECT_TRUE(store) << store.error().text();
        return store ? std::move(*store) : nullptr;
    }
    [[nodiscard]] std::string contents() const {
        std::ifstream file(path_, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }
    void replace(std::string_view bytes) const {
        std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
    }

    fs::path folder_;
    fs::path path_;
};

// Two keys that always change together, so that half a batch would be seen.
std::shared_ptr<const WriteBatch> pair_of(std::uint8_t value) {
    auto batch = std::make_shared<WriteBatch>();
    batch->put(Bytes{'a'}, Bytes(value, value));
    batch->erase(Bytes{'x'});
    batch->put(Bytes{'b'}, Bytes(value, value));
    return batch;
}

std::optional<Bytes> read(const FileStore& store, Bytes key) { return store.get(key).value(); }

TEST_F(FileStoreTest, what_was_written_is_there_when_the_file_is_opened_again) {
    {
        const auto store = open();
        auto first = std::make_shared<WriteBatch>();
        first->put(Bytes{'x'}, Bytes{1});
        ASSERT_TRUE(store->write(first));
        ASSERT_TRUE(store->write(pair_of(3)));
        EXPECT_EQ(read(*store, {'a'}), Bytes(3, 3));
    }
    const auto store = open();
    EXPECT_EQ(read(*store, {'a'}), Bytes(3, 3));
    EXPECT_EQ(read(*store, {'x'}), std::nullopt);
    std::vector<Bytes> keys;
    ASSERT_TRUE(store->scan({}, [&](ByteView key, ByteView) {
        keys.emplace_back(key.begin(), key.end());
        return true;
    }));
    EXPECT_EQ(keys, (std::vector<Bytes>{{'a'}, {'b'}}));
    EXPECT_EQ(store->dropped_bytes(), 0U);
}

TEST_F(FileStoreTest, cut_at_any_byte_it_opens_with_whole_batches_only_and_goes_on) {
    std::vector<std::size_t> ends;  // of the file after 0, 1, 2, 3 batches
    {
        const auto store = open();
        ends.push_back(contents().size());
        for (std::uint8_t i = 1; i <= 3; ++i) {
            ASSERT_TRUE(store->write(pair_of(i)));
            ends.push_back(contents().size());
        }
    }
    const std::string whole = contents();
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        replace(std::string_view(whole).substr(0, size));
        std::uint8_t batches = 0;
        while (batches < 3U && ends[batches + 1U] <= size) ++batches;
        const auto expected = batches == 0 ? std::nullopt : std::optional(Bytes(batches, batches));
        {
            const auto store = open();
            ASSERT_NE(store, nullptr) << size;
            EXPECT_EQ(read(*store, {'a'}), expected) << size;
            EXPECT_EQ(read(*store, {'b'}), expected) << size;
            EXPECT_EQ(store->dropped_bytes(), size < ends[0] ? 0 : size - ends[batches]) << size;
            ASSERT_TRUE(store->write(pair_of(9)));
        }
        EXPECT_EQ(read(*open(), {'b'}), Bytes(9, 9)) << size;
    }
}

TEST_F(FileStoreTest,
       a_last_record_with_any_byte_flipped_is_dropped_or_refused_but_never_half_read) {
    std::size_t before = 0;
    {
        const auto store = open();
        ASSERT_TRUE(store->write(pair_of(1)));
        before = contents().size();
        ASSERT_TRUE(store->write(pair_of(2)));
    }
    const std::string whole = contents();
    for (std::size_t at = before; at < whole.size(); ++at) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
        replace(damaged);
        const auto store = FileStore::open(path_);
        if (!store) continue;
        EXPECT_EQ(read(**store, {'a'}), Bytes(1, 1)) << at;
        EXPECT_EQ(read(**store, {'b'}), Bytes(1, 1)) << at;
    }
}

TEST_F(FileStoreTest, a_tail_of_zeros_is_a_write_that_never_arrived) {
    ASSERT_TRUE(open()->write(pair_of(1)));
    replace(contents() + std::string(500, '\0'));
    const auto store = open();
    EXPECT_EQ(store->dropped_bytes(), 500U);
    EXPECT_EQ(read(*store, {'a'}), Bytes(1, 1));
}

TEST_F(FileStoreTest, damage_before_the_end_is_refused_with_its_place) {
    std::size_t first = 0;
    {
        const auto store = open();
        first = contents().size();
        ASSERT_TRUE(store->write(pair_of(1)));
        ASSERT_TRUE(store->write(pair_of(2)));
    }
    std::string damaged = contents();
    damaged[first + 40] ^= 1;
    replace(damaged);
    const auto store = FileStore::open(path_);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::kStorage);
    EXPECT_THAT(store.error().text(), HasSubstr("damaged at byte 8"));
}

TEST_F(FileStoreTest, a_foreign_file_is_refused_and_left_as_it_was) {
    replace("dear diary");
    const auto store = FileStore::open(path_);
    ASSERT_FALSE(store);
    EXPECT_THAT(store.error().text(), HasSubstr("not a store of aivmsim"));
    EXPECT_EQ(contents(), "dear diary");
}

TEST_F(FileStoreTest, two_cannot_have_it_open_at_once) {
    const auto store = open();
    const auto second = FileStore::open(path_);
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().text(), HasSubstr("in use"));
}

TEST_F(FileStoreTest, a_folder_that_is_not_there_is_an_error_that_names_the_file) {
    const auto store = FileStore::open(folder_ / "none" / "x");
    ASSERT_FALSE(store);
    EXPECT_THAT(store.error().text(), HasSubstr("none/x"));
}

TEST_F(FileStoreTest, a_device_is_no_store) {
    const auto store = FileStore::open("/dev/full");
    ASSERT_FALSE(store);
    EXPECT_THAT(store.error().text(), HasSubstr("not a regular file"));
}

}  // namespace
}  // namespace aivm::sim
