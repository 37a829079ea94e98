#include "scenarios/campaign/mutants/twin_speed.h"

#include <gtest/gtest.h>

namespace aivm::scenarios {
namespace {

constexpr std::uint64_t kMs = 1'000'000;

RunRecord took(std::uint64_t virtual_ns, std::uint64_t latency_ns) {
    RunRecord out;
    out.virtual_ns = virtual_ns;
    out.latency_ns = latency_ns;
    return out;
}

TEST(TwinSpeed, CountsRunsThatDifferByMoreThanATenth) {
    MutantRecord record;
    const RunRecord twin = took(1'000 * kMs, 100 * kMs);
    note_speed(took(1'100 * kMs, 110 * kMs), twin, record);
    EXPECT_EQ(record.virtual_time.slower + record.latency.slower, 0U);
    note_speed(took(1'101 * kMs, 111 * kMs), twin, record);
    EXPECT_EQ(record.virtual_time.slower, 1U);
    EXPECT_EQ(record.latency.slower, 1U);
    note_speed(took(900 * kMs, 90 * kMs), twin, record);
    EXPECT_EQ(record.virtual_time.faster, 1U);
    EXPECT_EQ(record.latency.faster, 1U);
}

TEST(TwinSpeed, AMillisecondIsNoDifference) {
    MutantRecord record;
    note_speed(took(1'000 * kMs, 1 * kMs), took(1'000 * kMs, 0), record);
    EXPECT_EQ(record.latency.slower, 0U);
    note_speed(took(1'000 * kMs, 1 * kMs + 1), took(1'000 * kMs, 0), record);
    EXPECT_EQ(record.latency.slower, 1U);
}

// A node that asks again and again is as fast, and keeps everybody busy.
TEST(TwinSpeed, ARunThatNeedsMoreEventsIsSlower) {
    MutantRecord record;
    RunRecord run = took(1'000 * kMs, 0);
    RunRecord twin = run;
    twin.events = 500;
    run.events = 600;
    note_speed(run, twin, record);
    EXPECT_EQ(record.events.slower, 0U) << "100 events are no difference";
    run.events = 601;
    for (int pair = 0; pair < 14; ++pair) note_speed(run, twin, record);
    EXPECT_EQ(record.events.slower, 14U);
    EXPECT_TRUE(is_slower_than_twin(record));
}

TEST(TwinSpeed, RunsThatAreNotCleanAreNotCompared) {
    MutantRecord record;
    RunRecord slow = took(9'000 * kMs, 0);
    slow.end = RunEnd::kBudget;
    note_speed(slow, took(1'000 * kMs, 0), record);
    RunRecord twin = took(1'000 * kMs, 0);
    twin.end = RunEnd::kViolated;
    note_speed(took(9'000 * kMs, 0), twin, record);
    EXPECT_EQ(record.virtual_time.slower, 0U);
}

TEST(TwinSpeed, AMutantIsSlowWhenNearlyAllOfManyRunsAre) {
    MutantRecord record;
    for (int run = 0; run < 14; ++run) {
        EXPECT_FALSE(is_slower_than_twin(record)) << run;
        note_speed(took(1'000 * kMs, 700 * kMs), took(1'000 * kMs, 200 * kMs), record);
    }
    EXPECT_TRUE(is_slower_than_twin(record));
}

TEST(TwinSpeed, RunsThatAreFasterAsOftenAsSlowerSayNothing) {
    MutantRecord record;
    for (int run = 0; run < 1'000; ++run) {
        const std::uint64_t other = run % 2 == 0 ? 2'000 * kMs : 500 * kMs;
        note_speed(took(other, 0), took(1'000 * kMs, 0), record);
    }
    EXPECT_FALSE(is_slower_than_twin(record));
}

}  // namespace
}  // namespace aivm::scenarios
