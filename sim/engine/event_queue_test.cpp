// Method: random programs of pushes and pops run on the ladder, on the heap and on a std::map keyed
// by (time, priority, sequence). All three must agree at every step on the event popped and on
// sizes. The programs are drawn in several styles of delay, each of which exercises other parts of
// the ladder.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "sim/engine/heap_queue.h"
#include "sim/engine/ladder_queue.h"
#include "sim/engine/random_stream.h"

namespace aivm::sim {
namespace {

using Ladder = LadderQueue<std::uint64_t>;
using Oracle = HeapQueue<std::uint64_t>;

// The reference model of the queues.
class Model {
public:
    using Key = std::tuple<SimTime, Priority, std::uint64_t>;

    void push(SimTime time, Priority priority, std::uint64_t payload) {
        events_.emplace(Key{time, priority, sequence_++}, payload);
    }
    std::optional<std::pair<Key, std::uint64_t>> pop_until(SimTime last) {
        if (events_.empty() || std::get<0>(events_.begin()->first) > last) return std::nullopt;
        const auto first = *events_.begin();
        events_.erase(events_.begin());
        return first;
    }
    [[nodiscard]] std::size_t size() const { return events_.size(); }

private:
    std::map<Key, std::uint64_t> events_;
    std::uint64_t sequence_ = 0;
};

enum class Style : std::uint8_t { kExponential, kZeroDelay, kTies, kFarFuture, kBursts, kSteps };

SimTime delay_of(Style style, RandomStream& draws) {
    switch (style) {
        case Style::kExponential:
            return static_cast<SimTime>(draws.exponential(1'000'000));
        case Style::kZeroDelay:
            return draws.below(3) == 0 ? static_cast<SimTime>(draws.below(1000)) : 0;
        case Style::kTies:
            return static_cast<SimTime>(draws.below(3)) * 1000;
        case Style::kFarFuture:
            return static_cast<SimTime>(1ULL << draws.below(55));
        case Style::kBursts:
            return static_cast<SimTime>(draws.below(50) == 0 ? draws.below(1ULL << 40)
                                                             : draws.below(64));
        default:
            return static_cast<SimTime>(draws.below(2) * draws.below(1'000'000) + 1);
    }
}

// The three queues, taking the same steps.
class Trio {
public:
    explicit Trio(std::uint64_t seed) : draws_({seed, 1, 1}) {}

    void push(Style style) {
        const SimTime time = now_ + delay_of(style, draws_);
        const auto priority = static_cast<Priority>(draws_.below(enum_count<Priority>));
        const std::uint64_t payload = draws_.next_u64();
        model_.push(time, priority, payload);
        ladder_.push(time, priority, payload);
        oracle_.push(time, priority, payload);
    }

    void pop(SimTime last) {
        const auto expected = model_.pop_until(last);
        Ladder::Event event;
        Oracle::Event same;
        ASSERT_EQ(ladder_.pop_until(last, event), expected.has_value());
        ASSERT_EQ(oracle_.pop_until(last, same), expected.has_value());
        ASSERT_EQ(ladder_.size(), model_.size());
        ASSERT_EQ(oracle_.size(), model_.size());
        if (!expected) return;
        ASSERT_EQ(std::make_tuple(event.time, event.priority(), event.sequence()), expected->first);
        ASSERT_EQ(event.payload, expected->second);
        ASSERT_EQ(same.payload, expected->second);
        now_ = event.time;
    }

    void pop() {
        pop(draws_.below(5) == 0 ? now_ + static_cast<SimTime>(draws_.below(2000)) : kEndOfTime);
    }
    void drain() {
        while (model_.size() > 0 && !testing::Test::HasFatalFailure()) pop(kEndOfTime);
        pop(kEndOfTime);
    }
    RandomStream& draws() { return draws_; }

private:
    RandomStream draws_;
    Ladder ladder_;
    Oracle oracle_;
    Model model_;
    SimTime now_ = 0;
};

Style any_style(RandomStream& draws) { return static_cast<Style>(draws.below(enum_count<Style>)); }

RC_GTEST_PROP(EventQueue, LadderHeapAndModelAgreeOnEveryStepOfARandomProgram,
              (std::uint64_t seed)) {
    Trio trio(seed);
    const std::uint64_t phases = 1 + trio.draws().below(6);
    for (std::uint64_t phase = 0; phase < phases; ++phase) {
        const Style style = any_style(trio.draws());
        const std::uint64_t steps = trio.draws().below(1500);
        const std::uint64_t push_share = 30 + trio.draws().below(60);
        for (std::uint64_t i = 0; i < steps && !testing::Test::HasFatalFailure(); ++i) {
            if (trio.draws().below(100) < push_share) {
                trio.push(style);
            } else {
                trio.pop();
            }
        }
    }
    trio.drain();
    RC_ASSERT(!testing::Test::HasFatalFailure());
}

TEST(EventQueue, AgreesWithTheModelWhenManyThousandsArePendingInEveryStyle) {
    for (std::uint8_t style = 0; style < enum_count<Style>; ++style) {
        Trio trio(style);
        for (int i = 0; i < 40'000; ++i) trio.push(static_cast<Style>(style));
        for (int i = 0; i < 20'000 && !HasFatalFailure(); ++i) {
            trio.pop();
            trio.push(any_style(trio.draws()));
        }
        trio.drain();
        ASSERT_FALSE(HasFatalFailure()) << "style " << int{style};
    }
}

TEST(EventQueue, OrdersEventsOfOneInstantByPriorityAndThenAsTheyWereScheduled) {
    Ladder queue;
    queue.push(5, Priority::kTimer, 1);
    queue.push(5, Priority::kDelivery, 2);
    queue.push(5, Priority::kTimer, 3);
    queue.push(5, Priority::kFault, 4);
    std::vector<std::uint64_t> order;
    for (Ladder::Event event; queue.pop(event);) {
        order.push_back(event.payload);
        if (event.payload == 2)
            queue.push(5, Priority::kFault, 5);  // scheduled at its own instant: still ahead
    }
    EXPECT_EQ(order, (std::vector<std::uint64_t>{4, 2, 5, 1, 3}));
}

TEST(EventQueue, TakesAMillionEventsOfOneInstantInEitherOrderOfPriorities) {
    Ladder queue;
    constexpr std::uint64_t kEvents = 1'000'000;
    for (std::uint64_t i = 0; i < kEvents; ++i) {
        queue.push(1000, i % 2 == 0 ? Priority::kTimer : Priority::kDelivery, i);
    }
    Ladder::Event event;
    for (std::uint64_t i = 0; i < kEvents; ++i) {
        ASSERT_TRUE(queue.pop(event));
        ASSERT_EQ(event.payload, i < kEvents / 2 ? 2 * i + 1 : 2 * (i - kEvents / 2));
    }
    EXPECT_FALSE(queue.pop(event));
}

TEST(EventQueue, LeavesEventsAfterTheLimitWhereTheyAre) {
    Ladder queue;
    queue.push(10, Priority::kTimer, 1);
    Ladder::Event event;
    EXPECT_FALSE(queue.pop_until(9, event));
    queue.push(4, Priority::kTimer, 2);
    ASSERT_TRUE(queue.pop_until(9, event));
    EXPECT_EQ(event.payload, 2U);
    EXPECT_EQ(queue.size(), 1U);
}

TEST(EventQueue, ReachesTheEndOfTime) {
    Ladder queue;
    for (std::uint64_t i = 0; i < 1000; ++i)
        queue.push(kEndOfTime - static_cast<SimTime>(i % 3), Priority::kTimer, i);
    queue.push(0, Priority::kTimer, 5000);
    Ladder::Event event;
    ASSERT_TRUE(queue.pop(event));
    EXPECT_EQ(event.payload, 5000U);
    SimTime last = 0;
    int count = 0;
    for (; queue.pop(event); ++count) {
        EXPECT_LE(last, event.time);
        last = event.time;
    }
    EXPECT_EQ(count, 1000);
    EXPECT_EQ(last, kEndOfTime);
}

}  // namespace
}  // namespace aivm::sim
