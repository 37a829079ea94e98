#include "core/base/row_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace aivm {
namespace {

std::uint64_t name_hash_of(const std::string& key) { return table_hash(as_bytes(key)); }

std::optional<std::uint32_t> find_name(const RowIndex& index, const std::vector<std::string>& table,
                                       const std::string& key, std::uint64_t hash) {
    return index.find(hash,
                      [&](std::uint32_t row) { return row < table.size() && table[row] == key; });
}

TEST(RowIndex, FindsTheRowOfEveryKeyAndNoOther) {
    RowIndex index;
    std::vector<std::string> table;
    EXPECT_FALSE(find_name(index, table, "nothing", name_hash_of("nothing")));
    for (std::uint32_t row = 0; row < 5000; ++row) {
        table.push_back("key-" + std::to_string(row * 7));
        index.add(name_hash_of(table.back()), row);
    }
    for (std::uint32_t row = 0; row < 5000; ++row)
        EXPECT_EQ(find_name(index, table, table[row], name_hash_of(table[row])), row);
    EXPECT_FALSE(find_name(index, table, "key-1", name_hash_of("key-1")));
}

TEST(RowIndex, KeysOfOneHashAreDistinguishedByTheirRows) {
    RowIndex index;
    const std::vector<std::string> table{"a", "b", "c"};
    for (std::uint32_t row = 0; row < 3; ++row) index.add(7, row);
    for (std::uint32_t row = 0; row < 3; ++row)
        EXPECT_EQ(find_name(index, table, table[row], 7), row);
    EXPECT_FALSE(find_name(index, table, "d", 7));
}

TEST(RowIndex, CopiesShareWhatIsAddedAndEachBelievesItsOwnTable) {
    RowIndex index;
    index.add(name_hash_of("first"), 0);
    const RowIndex copy = index;
    index.add(name_hash_of("x"), 1);
    index.add(name_hash_of("x"), 2);  // in another branch of the history
    EXPECT_EQ(find_name(copy, {"first", "x"}, "x", name_hash_of("x")), 1U);
    EXPECT_EQ(find_name(copy, {"first", "y", "x"}, "x", name_hash_of("x")), 2U);
    EXPECT_FALSE(find_name(copy, {"first"}, "x", name_hash_of("x")));
}

TEST(RowIndex, HashesOfSimilarKeysDiffer) {
    std::vector<std::uint64_t> hashes;
    for (int i = 0; i < 1000; ++i) hashes.push_back(name_hash_of(std::to_string(i)));
    for (std::size_t length = 0; length < 40; ++length)
        hashes.push_back(name_hash_of(std::string(length, '\0')));
    std::ranges::sort(hashes);
    EXPECT_EQ(std::ranges::adjacent_find(hashes), hashes.end());
}

}  // namespace
}  // namespace aivm
