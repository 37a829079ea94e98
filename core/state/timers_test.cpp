// TimerTable against a sorted set, with snapshots taken on the way that must stay as they were.
#include "core/state/timers.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "core/state/task.h"

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
    const auto program = *rc::gen::container<std::vector<Step>>(
        rc::gen::construct<Step>(rc::gen::inRange(0, 10), rc::gen::inRange<std::uint64_t>(0, 40),
                                 rc::gen::inRange<std::uint64_t>(0, 9)));
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
            const auto expected =
                std::ranges::find_if(model, [&, now = at, first = tag](const auto& one) {
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
    const auto take = [&](TimerKind first, TimerKind last) {
        return timers.take_due(5, first, last);
    };
    EXPECT_EQ(take(TimerKind::kSettle, TimerKind::kDraw), (HeightTimer{5, TimerKind::kSettle, 9}));
    EXPECT_EQ(take(TimerKind::kSettle, TimerKind::kDraw), (HeightTimer{5, TimerKind::kDraw, 1}));
    EXPECT_FALSE(take(TimerKind::kSettle, TimerKind::kDraw));
    EXPECT_EQ(take(TimerKind::kDisputeDeadline, TimerKind::kRevealEnd),
              (HeightTimer{4, TimerKind::kRevealEnd, 2}));
    EXPECT_EQ(timers.size(), 1U);
    timers.erase({6, TimerKind::kSettle, 0});
    EXPECT_TRUE(timers.empty());
}

// A task has at most one timeout at a time, as in the VM; the model is what each task waits for.
RC_GTEST_PROP(TimeTimers, GiveWhatStillCountsInOrderAndSnapshotsNeverChange, ()) {
    using Deadlines = std::map<std::uint32_t, std::uint64_t>;  // by task
    struct Step {
        int kind;
        std::uint32_t task;
        std::uint64_t later;
    };
    const auto program = *rc::gen::container<std::vector<Step>>(
        rc::gen::construct<Step>(rc::gen::inRange(0, 9), rc::gen::inRange<std::uint32_t>(0, 7),
                                 rc::gen::inRange<std::uint64_t>(0, 4)));
    constexpr std::uint64_t kLength = 5;
    TimeTimers timers;
    Deadlines model;
    std::uint64_t now = 0;
    std::vector<std::pair<TimeTimers, Deadlines>> snapshots;
    const auto check = [](const TimeTimers& table, const Deadlines& expected) {
        RC_ASSERT(table.size() == expected.size());
        for (const auto& [task, at] : expected) RC_ASSERT(table.contains({at, task}));
    };
    for (const auto& [kind, task, later] : program) {
        if (kind < 4) {
            if (model.emplace(task, now + kLength).second) timers.insert({now + kLength, task});
        } else if (kind < 6) {
            if (model.erase(task) == 1) timers.erase();
        } else if (kind < 8) {
            now += later;
            std::vector<TimeTimer> expected;
            for (const auto& [waiting, at] : model) {
                if (at <= now) expected.push_back({at, waiting});
            }
            std::sort(expected.begin(), expected.end());
            const auto due = timers.take_due(now, [&](const TimeTimer& timer) {
                const auto mine = model.find(timer.task);
                return mine != model.end() && mine->second == timer.at;
            });
            RC_ASSERT(due == expected);
            for (const TimeTimer& timer : due) model.erase(timer.task);
        } else {
            snapshots.emplace_back(timers, model);
        }
        check(timers, model);
    }
    for (const auto& [snapshot, expected] : snapshots) check(snapshot, expected);
}

// So long that the queue is begun anew on the way.
TEST(TimeTimers, AQueueOfAnyLengthForgetsWhatIsBehindIt) {
    TimeTimers timers;
    for (std::uint32_t i = 0; i < 5'000; ++i) {
        timers.insert({i + 10, i});
        const auto due = timers.take_due(i, [](const TimeTimer&) { return true; });
        EXPECT_EQ(due.size(), i < 10 ? 0U : 1U);
        EXPECT_EQ(timers.size(), std::min(i + 1, 10U));
        EXPECT_TRUE(timers.contains({i + 10, i}));
    }
}

// Timeouts come in order however late it is.
TEST(TimeTimers, ATimeoutThatWouldNotFitComesLastAndDoesNotWrap) {
    const VmParameters parameters;
    Task early, late;
    early.waiting_since_ns = ~TimestampNs{0} - parameters.config.task_timeout_ns - 1;
    late.waiting_since_ns = ~TimestampNs{0} - 1;
    TimeTimers timers;
    timers.insert({timeout_of(early, parameters), 0});
    timers.insert({timeout_of(late, parameters), 1});
    EXPECT_TRUE(timers.contains({~TimestampNs{0}, 1}));
}

}  // namespace
}  // namespace aivm
