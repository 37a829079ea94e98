// What the scenarios of the page of incidents show where nobody gains: how the machine behaves in
// place of the system that failed, or how the protocol does.
#include <gtest/gtest.h>

#include <algorithm>

#include "scenarios/cli/catalog.h"
#include "scenarios/file/load.h"
#include "scenarios/run/run.h"
#include "sim/record/row_sink.h"

namespace aivm::scenarios::cli {
namespace {

constexpr std::uint64_t kIncidentSecond = 1'000'000'000;

sim::Scenario incident(const std::string& name) {
    const auto loaded = load_scenario_file(scenario_path(name));
    EXPECT_TRUE(loaded) << (loaded ? "" : to_text(loaded.error()));
    return loaded ? loaded->scenario : sim::Scenario{};
}

// The same with clocks that are right.
sim::Scenario with_right_clocks(sim::Scenario scenario) {
    for (sim::FaultPlan& fault : scenario.faults) fault.skew_ns = 1;
    return scenario;
}

struct Played {
    sim::Outcome outcome;
    std::vector<sim::TaskRow> tasks;
};

Played play(const sim::Scenario& scenario, std::uint64_t seed) {
    Played out;
    RunOptions options;
    options.seed = seed;
    sim::VectorSink rows;
    auto outcome = run_scenario(scenario, options, rows, {});
    EXPECT_TRUE(outcome) << (outcome ? "" : outcome.error().text());
    if (!outcome) return out;
    EXPECT_TRUE(outcome->clean());
    const auto& tasks = rows.rows<sim::TaskRow>();
    out.tasks.assign(tasks.begin(), tasks.end());
    out.outcome = *std::move(outcome);
    for (const sim::TaskRow& task : out.tasks)
        EXPECT_EQ(task.outcome, sim::TaskOutcome::kFinalOk) << "task " << task.task;
    EXPECT_EQ(out.tasks.size(), scenario.workload.tasks);
    return out;
}

double mean_time_to_finality(const Played& played) {
    return std::get<double>(played.outcome.metric("ttf_mean"));
}

TEST(Incidents, ABlockAheadOfItsTimeWaitsOnceAndNothingIsLost) {
    const sim::Scenario scenario = incident("clock_ahead");
    for (const std::uint64_t seed : {1, 2, 3}) {
        const Played played = play(scenario, seed);
        const Played right = play(with_right_clocks(scenario), seed);
        EXPECT_LT(played.outcome.events, 2 * right.outcome.events)
            << "timers of waiting blocks multiply";
    }
}

TEST(Incidents, AClockAheadWithinTheToleranceMakesFinalityTakeSeveralTimesAsLong) {
    const sim::Scenario scenario = incident("clock_ratchet");
    for (const std::uint64_t seed : {1, 2, 3}) {
        EXPECT_GT(mean_time_to_finality(play(scenario, seed)),
                  2 * mean_time_to_finality(play(with_right_clocks(scenario), seed)));
    }
}

TEST(Incidents, ANetworkThatFellIntoEqualPartsDecidesAgainOnceItIsWhole) {
    const sim::Scenario scenario = incident("three_way_split");
    const std::uint64_t from = scenario.faults.at(0).at_ns;
    const std::uint64_t to = from + scenario.faults.at(0).duration_ns;
    for (const std::uint64_t seed : {1, 2, 3}) {
        for (const sim::TaskRow& task : play(scenario, seed).tasks) {
            ASSERT_TRUE(task.final_time_ns);
            EXPECT_FALSE(*task.final_time_ns > from + 5 * kIncidentSecond &&
                         *task.final_time_ns < to)
                << "task " << task.task << " became final in a part";
            EXPECT_LT(*task.final_time_ns, to + 300 * kIncidentSecond);
        }
    }
}

}  // namespace
}  // namespace aivm::scenarios::cli
