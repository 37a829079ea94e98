// SmallVector against std::vector, on both sides of the border between inside and heap.
#include "core/base/small_vector.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <stdexcept>
#include <vector>

namespace aivm {
namespace {

using SmallInts = SmallVector<int, 2>;

std::vector<int> small_values(const SmallInts& vector) { return {vector.begin(), vector.end()}; }

RC_GTEST_PROP(SmallVector, BehavesLikeAVector,
              (const std::vector<std::pair<std::uint8_t, int>>& program)) {
    std::vector<SmallInts> tested(3);
    std::vector<std::vector<int>> model(3);
    for (const auto& [what, value] : program) {
        const std::size_t i = what % 3;
        const std::size_t other = what / 3 % 3;
        switch (what / 9 % 8) {
            case 0:
                tested[i] = tested[other];
                model[i] = std::vector<int>(model[other]);
                break;
            case 1:
                if (i == other) break;
                tested[i] = std::move(tested[other]);
                model[i] = std::exchange(model[other], {});
                break;
            case 2:
                tested[i].erase_value(value % 4);
                std::erase(model[i], value % 4);
                break;
            case 3:
                tested[i].insert_at(tested[i].size() / 2, value % 4);
                model[i].insert(model[i].begin() + std::ssize(model[i]) / 2, value % 4);
                break;
            case 4:
                if (model[i].empty()) break;
                tested[i].erase_at(tested[i].size() / 2);
                model[i].erase(model[i].begin() + std::ssize(model[i]) / 2);
                break;
            default:
                tested[i].push_back(value % 4);
                model[i].push_back(value % 4);
        }
        for (std::size_t k = 0; k < 3; ++k) RC_ASSERT(small_values(tested[k]) == model[k]);
    }
}

TEST(SmallVector, ACopyIsItsOwn) {
    const SmallInts short_one{1, 2};
    const SmallInts long_one{1, 2, 3};
    SmallInts copy = long_one;
    copy[0] = 9;
    EXPECT_EQ(long_one.front(), 1);
    EXPECT_NE(copy, long_one);
    copy = short_one;
    EXPECT_EQ(copy, short_one);
    EXPECT_EQ(copy.back(), 2);
}

TEST(SmallVector, AnIndexBeyondTheEndIsABug) {
    SmallInts vector{1};
    EXPECT_THROW((void)vector[1], CheckFailure);
    vector.clear();
    EXPECT_TRUE(vector.empty());
    EXPECT_THROW((void)vector.front(), CheckFailure);
}

}  // namespace
}  // namespace aivm
