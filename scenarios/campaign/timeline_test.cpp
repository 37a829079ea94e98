#include "scenarios/campaign/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "scenarios/file/load.h"

namespace aivm::scenarios {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kSpan = 20'000'000'000;

// Two halves that each decide for themselves, while messages are lost.
Timeline split_timeline() {
    const auto loaded =
        load_scenario_file(AIVM_SOURCE_DIR "/scenarios/campaign/shrink/cases/split_lossy.toml");
    EXPECT_TRUE(loaded);
    RunSpec run;
    run.plan.scenario = loaded->scenario;
    run.plan.seed = loaded->recorded->seed;
    auto timeline = timeline_of(run, kSpan);
    EXPECT_TRUE(timeline) << timeline.error().text();
    return timeline.value_or(Timeline{});
}

TEST(Timeline, HoldsTheLastMessagesBlocksAndFaultsBeforeTheViolation) {
    const Timeline t = split_timeline();
    ASSERT_TRUE(t.violation);
    EXPECT_EQ(t.end, t.violation->time);
    EXPECT_EQ(t.begin, t.end - static_cast<sim::SimTime>(kSpan));
    EXPECT_FALSE(t.messages.empty());
    EXPECT_FALSE(t.blocks.empty());
    ASSERT_EQ(t.faults.size(), 1U);
    EXPECT_THAT(t.faults[0].text, HasSubstr("validator[0]"));
    bool lost = false;
    for (const TimelineMessage& m : t.messages) {
        EXPECT_GE(m.sent, t.begin);
        EXPECT_LE(m.sent, t.end);
        EXPECT_NE(m.from, m.to);
        EXPECT_LT(m.to, t.actors.size());
        lost = lost || !m.arrives;
        if (m.arrives) {
            EXPECT_GT(*m.arrives, m.sent);
        }
    }
    EXPECT_TRUE(lost);
}

// The rules of the format:
// https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
TEST(Timeline, TheChromeTraceKeepsTheRulesOfItsFormat) {
    const Timeline t = split_timeline();
    const auto json = nlohmann::json::parse(chrome_trace(t));
    EXPECT_EQ(json.at("displayTimeUnit"), "ms");
    std::set<std::uint64_t> starts;
    std::set<std::uint64_t> ends;
    std::set<std::uint64_t> named;
    std::size_t messages = 0;
    for (const auto& event : json.at("traceEvents")) {
        const std::string phase = event.at("ph");
        ASSERT_TRUE(event.at("name").is_string() && event.at("pid").is_number() &&
                    event.at("tid").is_number());
        if (phase == "M") {
            named.insert(event.at("pid").get<std::uint64_t>());
            continue;
        }
        EXPECT_TRUE(event.at("ts").is_number());
        EXPECT_TRUE(named.contains(event.at("pid").get<std::uint64_t>()));
        if (phase == "X") {
            EXPECT_GE(event.at("dur").get<double>(), 0);
        }
        if (phase == "s") {
            EXPECT_TRUE(starts.insert(event.at("id").get<std::uint64_t>()).second);
        }
        if (phase == "f") {
            EXPECT_EQ(event.at("bp"), "e");
            EXPECT_TRUE(ends.insert(event.at("id").get<std::uint64_t>()).second);
        }
        if (phase == "i") {
            EXPECT_EQ(event.at("s"), "g");
        }
        messages += phase == "s" ? 1 : 0;
        EXPECT_TRUE((std::set<std::string>{"X", "s", "f", "i"}).contains(phase)) << phase;
    }
    EXPECT_EQ(starts, ends);
    EXPECT_GT(messages, 0U);
}

TEST(Timeline, ThePageIsOneFileThatNamesTheViolationAndEscapesText) {
    Timeline t = split_timeline();
    ASSERT_TRUE(t.violation);
    t.violation->message = "a < b & \"c\"";
    const std::string page = space_time_page(t);
    EXPECT_THAT(page, HasSubstr("a &lt; b &amp; &quot;c&quot;"));
    EXPECT_THAT(page, HasSubstr("validator[0]"));
    EXPECT_THAT(page, testing::Not(HasSubstr("http")));
    EXPECT_THAT(page, testing::Not(HasSubstr("<script")));
    EXPECT_THAT(page, HasSubstr("prefers-color-scheme:dark"));
    EXPECT_THAT(page, HasSubstr("<svg viewBox=")) << "as wide as the window";
    EXPECT_THAT(page, testing::EndsWith("</html>\n"));
}

}  // namespace
}  // namespace aivm::scenarios
