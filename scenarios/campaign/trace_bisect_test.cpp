#include "scenarios/campaign/trace_bisect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/testing/test_small.h"

namespace aivm::scenarios {
namespace {

using testing::HasSubstr;

RunSpec seeded(std::uint64_t seed) {
    RunSpec out;
    out.plan.scenario = small();
    out.plan.scenario.network.loss_ppm = 10'000;
    out.plan.seed = seed;
    return out;
}

RunTrace traced(const RunSpec& run, sim::TraceInterval window = {}) {
    auto trace = trace_run(run, window);
    EXPECT_TRUE(trace) << trace.error().text();
    return trace.value_or(RunTrace{});
}

TEST(TraceBisect, TheSameRunTwiceHasNoDifference) {
    EXPECT_FALSE(first_difference(traced(seeded(1)), traced(seeded(1))));
}

// The second run is the first without one lost message: up to there they are one history.
TEST(TraceBisect, TheFirstDifferingRecordOfTwoRunsIsFoundAndShown) {
    RunSpec a = seeded(3);
    RunOptions options;
    options.seed = a.plan.seed;
    const auto outcome = run_scenario(a.plan.scenario, options);
    ASSERT_TRUE(outcome);
    ASSERT_GT(outcome->choices.size(), 3U);
    a.plan.choices = outcome->choices;
    a.draws = false;
    EXPECT_FALSE(first_difference(traced(a), traced(seeded(3))));
    RunSpec b = a;
    b.plan.choices.erase(b.plan.choices.begin() + 2);
    const auto interval = first_difference(traced(a), traced(b));
    ASSERT_TRUE(interval);
    EXPECT_LT(interval->first, interval->last);
    const RunTrace in_a = traced(a, *interval);
    const RunTrace in_b = traced(b, *interval);
    const auto position = first_differing_line(in_a, in_b);
    ASSERT_TRUE(position);
    EXPECT_GE(*position, interval->first);
    EXPECT_LT(*position, interval->last);
    const auto at = static_cast<std::size_t>(*position - interval->first);
    for (std::size_t i = 0; i < at; ++i) EXPECT_EQ(in_a.lines[i], in_b.lines[i]);
    EXPECT_NE(in_a.lines.at(at).text, in_b.lines.at(at).text);
    EXPECT_THAT(in_a.lines.at(at).text, HasSubstr("t="));
}

TEST(TraceBisect, ATraceSurvivesItsFile) {
    const RunTrace trace = traced(seeded(1), {10, 20});
    EXPECT_EQ(trace.lines.size(), 10U);
    const auto read = trace_from_json(trace_to_json(trace));
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(read->checkpoints, trace.checkpoints);
    EXPECT_EQ(read->lines, trace.lines);
    EXPECT_FALSE(first_difference(*read, trace));
}

TEST(TraceBisect, AFileThatIsNoTraceIsOneError) {
    EXPECT_THAT(trace_from_json("{").error().text(), HasSubstr("not a JSON document"));
    EXPECT_THAT(trace_from_json("{}").error().text(), HasSubstr("aivmsim_trace"));
    std::string text = trace_to_json(traced(seeded(1)));
    text.replace(text.find("\"aivmsim_trace\": 1"), 18, "\"aivmsim_trace\": 7");
    EXPECT_THAT(trace_from_json(text).error().text(), HasSubstr("another version"));
    text = trace_to_json(traced(seeded(1)));
    text.replace(text.find("\"window\": ["), 11, "\"window\": [1e99, ");
    EXPECT_THAT(trace_from_json(text).error().text(), HasSubstr("not a whole number"));
}

}  // namespace
}  // namespace aivm::scenarios
