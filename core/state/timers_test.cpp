// HeightTimers against a sorted set, with snapshots taken on the way that must stay as they were.
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

using TimerSet = std::set<HeightTimer>;

void expect_same_timers(const HeightTimers& timers, const TimerSet& model) {
    const std::vector<HeightTimer> expected(model.begin(), model.end());
    RC_ASSERT(timers.sorted() == expected);
    std::vector<HeightTimer> due;
    timers.for_each_due(2'000, [&](const HeightTimer& timer) { due.push_back(timer); });
    RC_ASSERT(due == expected);
}

// Heights lie up to several turns of the wheel apart.
RC_GTEST_PROP(HeightTimers, BehaveLikeASortedSetAndSnapshotsNeverChange, ()) {
    struct Step {
        int action;
        Height at;
        int kind;
        std::uint32_t id;
    };
    const auto heights = rc::gen::oneOf(
        rc::gen::inRange<Height>(0, 20),
        rc::gen::map(rc::gen::inRange<Height>(0, 20), [](Height h) { return 256 * (h % 7) + h; }));
    const auto program = *rc::gen::container<std::vector<Step>>(
        rc::gen::construct<Step>(rc::gen::inRange(0, 10), heights, rc::gen::inRange(0, 5),
                                 rc::gen::inRange<std::uint32_t>(0, 3)));
    HeightTimers timers;
    TimerSet model;
    std::vector<std::pair<HeightTimers, TimerSet>> snapshots;
    for (const auto& [action, at, kind_number, id] : program) {
        const auto kind = static_cast<TimerKind>(kind_number);
        const HeightTimer timer{at, kind, id};
        if (action < 5) {
            RC_ASSERT(timers.insert(timer) == model.insert(timer).second);
        } else if (action < 7) {
            RC_ASSERT(timers.erase(timer) == (model.erase(timer) == 1));
        } else if (action < 9) {
            const TimerKind last = std::max(kind, TimerKind::kDisputeDeadline);
            const auto due = timers.take_due(at, kind, last);
            const auto expected =
                std::ranges::find_if(model, [&, now = at](const HeightTimer& one) {
                    return one.at <= now && one.kind >= kind && one.kind <= last;
                });
            RC_ASSERT(due.has_value() == (expected != model.end()));
            if (due) {
                RC_ASSERT(*due == *expected);
                model.erase(expected);
            }
        } else {
            snapshots.emplace_back(timers, model);
        }
        RC_ASSERT(timers.size() == model.size());
        RC_ASSERT(timers.contains(timer) == model.contains(timer));
    }
    snapshots.emplace_back(timers, model);
    for (const auto& [snapshot, expected] : snapshots) expect_same_timers(snapshot, expected);
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

// Long enough that the queue is replaced on the way.
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
