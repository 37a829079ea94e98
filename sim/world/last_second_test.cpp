#include "sim/world/last_second.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aivm::sim {
namespace {

BudgetEnd described(const LastSecond& seen, SimTime now) {
    BudgetEnd out;
    out.budget = "run.max_events";
    seen.describe(now,
                  {.actor = [](std::size_t id) { return "actor " + std::to_string(id); },
                   .kind = [](std::size_t kind) { return "kind " + std::to_string(kind); }},
                  out);
    return out;
}

TEST(LastSecond, OnlyTheLastSecondOrTwoAreCounted) {
    LastSecond seen(3);
    for (int i = 0; i < 100; ++i) seen.note(kSecond / 2, 0, 0);
    for (int i = 0; i < 5; ++i) seen.note(7 * kSecond + 1, 1, 2);
    for (int i = 0; i < 3; ++i) seen.note(8 * kSecond + 1, 2, 1);
    seen.note(8 * kSecond + kSecond / 2, 0xFFFF'FFFF, 4);
    const BudgetEnd end = described(seen, 8 * kSecond + kSecond / 2);
    EXPECT_EQ(end.last_events, 9U);
    EXPECT_EQ(end.last_seconds, kSecond + kSecond / 2);
    EXPECT_EQ(end.text(),
              "run.max_events; 9 events in the last 1.5 virtual seconds, by kind: kind 2 5, kind 1 "
              "3, kind 4 1; by actor: actor 1 5, actor 2 3, actor 3 1");
}

TEST(LastSecond, ASilentSecondForgetsTheOneBefore) {
    LastSecond seen(1);
    seen.note(kSecond / 2, 0, 0);
    seen.note(5 * kSecond, 0, 1);
    EXPECT_EQ(described(seen, 5 * kSecond).last_events, 1U);
}

TEST(LastSecond, ARunOfHalfASecondIsDescribedWhole) {
    LastSecond seen(1);
    seen.note(1, 0, 0);
    const BudgetEnd end = described(seen, kSecond / 2);
    EXPECT_EQ(end.last_events, 1U);
    EXPECT_EQ(end.last_seconds, kSecond / 2);
}

}  // namespace
}  // namespace aivm::sim
