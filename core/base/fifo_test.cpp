// Fifo against std::deque.
#include "core/base/fifo.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>

namespace aivm {
namespace {

RC_GTEST_PROP(Fifo, HoldsWhatADequeHolds, ()) {
    struct Step {
        int kind;
        std::size_t place;
        int value;
    };
    const auto program = *rc::gen::container<std::vector<Step>>(rc::gen::construct<Step>(
        rc::gen::inRange(0, 8), rc::gen::inRange<std::size_t>(0, 20), rc::gen::arbitrary<int>()));
    Fifo<int> tested;
    std::deque<int> model;
    for (const auto& [kind, place, value] : program) {
        if (kind < 4) {
            tested.push_back(value);
            model.push_back(value);
        } else if (kind < 6 && !model.empty()) {
            RC_ASSERT(tested.pop_front() == model.front());
            model.pop_front();
        } else if (kind == 6 && place <= model.size()) {
            tested.emplace(place, value);
            model.insert(model.begin() + static_cast<std::ptrdiff_t>(place), value);
        } else if (kind == 7 && place < model.size()) {
            tested.erase(place);
            model.erase(model.begin() + static_cast<std::ptrdiff_t>(place));
        }
        RC_ASSERT(tested.size() == model.size());
        RC_ASSERT(tested.empty() == model.empty());
        RC_ASSERT(std::ranges::equal(tested, model));
        if (!model.empty())
            RC_ASSERT(tested.front() == model.front() && tested.back() == model.back());
    }
}

TEST(Fifo, KeepsItsOrderAndDropsWhatIsTakenWhileItNeverRunsEmpty) {
    Fifo<std::shared_ptr<int>> tested;
    std::weak_ptr<int> first;
    for (int i = 0; i < 10'000; ++i) {
        tested.push_back(std::make_shared<int>(i));
        if (i == 0) first = tested.front();
        if (i < 100) continue;
        EXPECT_EQ(*tested.pop_front(), i - 100);
        EXPECT_TRUE(first.expired());
        EXPECT_EQ(*tested[5], i - 94);
    }
    EXPECT_EQ(tested.size(), 100U);
}

}  // namespace
}  // namespace aivm
