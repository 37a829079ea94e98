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

}  // namespace
}  // namespace aivm::scenarios
