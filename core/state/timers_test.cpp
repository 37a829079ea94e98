// TimerTable against a sorted set, with snapshots taken on the way that must stay as they were.
#include "core/state/timers.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <vector>

namespace aivm {
namespace {

using TimerPairs = std::set<std::pair<std::uint64_t, std::uint64_t>>;

TimerPairs all_timers(const TimerTable& table) {
    TimerPairs out;
    table.for_each_until(~std::uint64_t{0}, [&](std::uint64_t at, std::uint64_t tag) {
        const bool ascends = out.empty() || *out.rbegin() < std::pair(at, tag);
        RC_ASSERT(ascends);
        out.emplace(at, tag);
    });
    return out;
}

RC_GTEST_PROP(TimerTable, BehavesLikeASortedSetAndSnapshotsNeverChange, ()) {
    struct Step {
        int kind;
        std::uint64_t at;
        std::uint64_t tag;
    };
    const auto program = *rc::gen::container<std::vector<Step>>(rc::gen::construct<Step>(
        rc::gen::inRange(0, 10), rc::gen::inRange<std::uint64_t>(0, 40), rc::gen::inRange<std::uint64_t>(0, 9)));
    TimerTable table;
    TimerPairs model;
    std::vector<std::pair<TimerTable, TimerPairs>> snapshots;
    for (const auto& [kind, at, tag] : program) {
        if (kind < 5) {
            RC_ASSERT(table.insert(at, tag) == model.emplace(at, tag).second);
        } else if (kind < 7) {
            RC_ASSERT(table.erase(at, tag) == (model.erase({at, tag}) == 1));
        } else if (kind < 9) {
            const auto due = table.take_due(at, tag, tag + 3);
            const auto expected = std::ranges::find_if(model, [&, now = at, first = tag](const auto& one) {
                return one.first <= now && one.second >= first && one.second <= first + 3;
            });
            RC_ASSERT(due.has_value() == (expected != model.end()));
            if (due) {
                RC_ASSERT(*due == *expected);
                model.erase(expected);
            }
        } else {
            snapshots.emplace_back(table, model);
        }
        RC_ASSERT(table.size() == model.size());
        RC_ASSERT(table.contains(at, tag) == model.contains({at, tag}));
    }
    snapshots.emplace_back(table, model);
    for (const auto& [snapshot, expected] : snapshots) RC_ASSERT(all_timers(snapshot) == expected);
}

TEST(HeightTimers, RunInOrderOfHeightThenKindThenNumber) {
    HeightTimers timers;
    timers.insert({5, TimerKind::kDraw, 1});
    timers.insert({5, TimerKind::kSettle, 9});
    timers.insert({4, TimerKind::kRevealEnd, 2});
    timers.insert({6, TimerKind::kSettle, 0});
    const auto take = [&](TimerKind first, TimerKind last) { return timers.take_due(5, first, last); };
    EXPECT_EQ(take(TimerKind::kSettle, TimerKind::kDraw), (HeightTimer{5, TimerKind::kSettle, 9}));
    EXPECT_EQ(take(TimerKind::kSettle, TimerKind::kDraw), (HeightTimer{5, TimerKind::kDraw, 1}));
    EXPECT_FALSE(take(TimerKind::kSettle, TimerKind::kDraw));
    EXPECT_EQ(take(TimerKind::kDisputeDeadline, TimerKind::kRevealEnd), (HeightTimer{4, TimerKind::kRevealEnd, 2}));
    EXPECT_EQ(timers.size(), 1U);
    timers.erase({6, TimerKind::kSettle, 0});
    EXPECT_TRUE(timers.empty());
}

}  // namespace
}  // namespace aivm
