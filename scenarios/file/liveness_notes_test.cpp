#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/testing/test_scenarios.h"

namespace aivm::scenarios {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string notes_of(const std::string& text) {
    const auto result = load_scenario_text(text, "t.toml");
    EXPECT_TRUE(result) << (result ? "" : to_text(result.error()));
    return result ? to_text(result->notes) : "";
}

const std::string kUnanimous = "[chain]\nk = 5\nalpha_preference = 5\nalpha_confidence = 5\n";

TEST(LivenessNotes, PollsThatNeedEveryAnswerAreNotedWhereFaultsTakeSomeAway) {
    EXPECT_THAT(notes_of(with_provider(kUnanimous + "[network]\nloss = \"1%\"")),
                AllOf(HasSubstr("all 5 answers agree"), HasSubstr("alpha_confidence below 5")));
    EXPECT_THAT(notes_of(with_provider(kUnanimous)), Not(HasSubstr("answers agree")));
    EXPECT_THAT(notes_of(with_provider("[network]\nloss = \"1%\"")),
                Not(HasSubstr("answers agree")));
}

TEST(LivenessNotes, ATimeOutBelowTheRoundTripIsNoted) {
    const std::string slow =
        "[chain]\npoll_timeout_min = \"1s\"\npoll_timeout_max = \"2s\"\n"
        "[network]\nlatency = \"1500ms\"";
    EXPECT_THAT(notes_of(with_provider(slow)),
                AllOf(HasSubstr("a round trip takes 3s"), HasSubstr("at least 6s")));
    EXPECT_THAT(notes_of(with_provider("")), Not(HasSubstr("round trip takes")));
}

TEST(LivenessNotes, ProvidersThatNeverAnswerAreNoted) {
    const std::string silent =
        "name = \"t\"\n[[provider]]\nname = \"p\"\n"
        "strategy = \"silent_selected\"\n";
    EXPECT_THAT(notes_of(silent), HasSubstr("no provider ever answers"));
    EXPECT_THAT(notes_of(silent + "[[provider]]\nname = \"q\"\n"),
                Not(HasSubstr("no provider ever answers")));
}

TEST(LivenessNotes, TasksThatComeTooLateToBecomeFinalAreNotedWithTheNumberThatFits) {
    const auto with_count = [](const std::string& count) {
        return with_provider(
            "[run]\nmax_time = \"2h\"\n[vm]\nchallenge_window_blocks = 3\n"
            "[tasks]\nper_block = 10\ncount = " +
            count);
    };
    // 10 tasks every 4 s, and 5 blocks until the last is settled.
    EXPECT_THAT(notes_of(with_count("100000")),
                AllOf(HasSubstr("the last of 100000 tasks is submitted after 39996s, needs 20s "
                                "more to become final, and run.max_time is 2h"),
                      HasSubstr("tasks.count to at most 17960, or run.max_time to at least "
                                "\"40016s\"")));
    EXPECT_THAT(notes_of(with_count("17961")), HasSubstr("the run ends before its work"));
    EXPECT_THAT(notes_of(with_count("17960")), Not(HasSubstr("the run ends before its work")));
}

TEST(LivenessNotes, LateTasksOfAPoissonProcessAndOfATraceAreNotedToo) {
    const std::string hour = "[run]\nmax_time = \"1h\"\n[vm]\nchallenge_window_blocks = 3\n";
    const std::string poisson =
        "[tasks]\narrivals = \"poisson\"\nmean_gap = \"4s\"\ncount = 1000\n";
    EXPECT_THAT(notes_of(with_provider(hour + poisson)), HasSubstr("after 4000s on average"));
    const auto traced = [&](const std::string& last) {
        return notes_of(
            with_provider(hour + "[tasks]\ntrace = \"arrival_s\\n0\\n" + last + "\\n\"\n"));
    };
    EXPECT_THAT(traced("3590"), HasSubstr("the last of 2 tasks is submitted after 3590s"));
    EXPECT_THAT(traced("3500"), Not(HasSubstr("the run ends before its work")));
}

TEST(LivenessNotes, HonestProvidersThatCanComputeOnlyASmallPartOfTheTasksAreNoted) {
    const auto at_speed = [](const std::string& speed, const std::string& strategy) {
        return notes_of(
            "name = \"t\"\n[tasks]\ncount = 50\nper_block = 5\nstep_time = \"10s\"\n"
            "[vm]\ntask_timeout = \"30s\"\n[[provider]]\nname = \"p\"\ncount = 3\n"
            "speed = \"" +
            speed + "\"\nstrategy = \"" + strategy + "\"\n");
    };
    // A hundredth of three tasks in 10 s, for 66 s: 0.198 of 50.
    EXPECT_THAT(at_speed("1%", "honest"),
                HasSubstr("can compute at most 0.4 % of the tasks before those time out"));
    EXPECT_THAT(at_speed("300%", "honest"), Not(HasSubstr("time out")));
    EXPECT_THAT(at_speed("1%", "lazy_guess"), Not(HasSubstr("time out")))
        << "guessing takes no time";
}

}  // namespace
}  // namespace aivm::scenarios
