#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>

#include "sim/engine/choice_bytes.h"
#include "sim/engine/choice_sources.h"

namespace aivm::sim {
namespace {

// Asks a fixed program of questions and returns the answers.
std::vector<std::uint64_t> interview(ChoiceSource& source, int rounds = 2000) {
    std::vector<std::uint64_t> answers;
    for (int i = 0; i < rounds; ++i) {
        const auto actor = static_cast<std::uint32_t>(i % 5);
        answers.push_back(source.chance(ChoiceKind::kMessageLoss, actor, 100'000) ? 1 : 0);
        const std::uint32_t ppm = actor == 2 ? 50'000 : 0;
        answers.push_back(source.chance(ChoiceKind::kMessageDuplicate, actor, ppm) ? 1 : 0);
        answers.push_back(source.chance(ChoiceKind::kMessageReorder, actor, 300'000) ? 1 : 0);
    }
    return answers;
}

RC_GTEST_PROP(Choices, ReplayingWhatWasRecordedGivesEveryAnswerAgain, (std::uint64_t seed)) {
    StreamChoices stream(seed);
    RecordingChoices recording(stream);
    const auto answers = interview(recording);
    Writer out;
    encode_choices(out, recording.choices());
    const auto decoded = decode_choices(out.view());
    RC_ASSERT(decoded.has_value());
    RC_ASSERT(*decoded == recording.choices());
    ReplayChoices replay(*decoded);
    RC_ASSERT(interview(replay) == answers);
}

RC_GTEST_PROP(Choices, TakingOneAnswerAwayChangesOnlyThatAnswer, (std::uint64_t seed)) {
    StreamChoices stream(seed);
    RecordingChoices recording(stream);
    const auto before = interview(recording, 200);
    ChoiceList fewer = recording.choices();
    RC_PRE(!fewer.empty());
    fewer.erase(fewer.begin() +
                static_cast<std::ptrdiff_t>(*rc::gen::inRange<std::size_t>(0, fewer.size())));
    ReplayChoices replay(fewer);
    const auto after = interview(replay, 200);
    int changed = 0;
    for (std::size_t i = 0; i < before.size(); ++i) changed += before[i] != after[i] ? 1 : 0;
    RC_ASSERT(changed == 1);
}

RC_GTEST_PROP(Choices, AFuzzersBytesRecordedAndReplayedAreTheSameRun, (const Bytes& bytes)) {
    ReplayChoices source(choices_from_bytes(bytes, 5));
    RecordingChoices recording(source);
    const auto answers = interview(recording);
    ReplayChoices replay(recording.choices());
    RC_ASSERT(interview(replay) == answers);
}

RC_GTEST_PROP(Choices, DecodingForeignBytesFailsOrGivesWhatEncodesToThem, (const Bytes& bytes)) {
    const auto decoded = decode_choices(bytes);
    if (!decoded) return;
    Writer out;
    encode_choices(out, *decoded);
    RC_ASSERT(out.take() == bytes);
}

TEST(Choices, OneActorsQuestionsDoNotMoveAnothersAnswers) {
    StreamChoices a(9);
    StreamChoices b(9);
    for (int i = 0; i < 100; ++i) static_cast<void>(b.chance(ChoiceKind::kMessageLoss, 1, 500'000));
    for (int i = 0; i < 100; ++i)
        static_cast<void>(b.chance(ChoiceKind::kMessageReorder, 0, 500'000));
    for (int i = 0; i < 100; ++i) static_cast<void>(b.chance(ChoiceKind::kMessageLoss, 0, 0));
    for (int i = 0; i < 1000; ++i) {
        ASSERT_EQ(a.chance(ChoiceKind::kMessageLoss, 0, 500'000),
                  b.chance(ChoiceKind::kMessageLoss, 0, 500'000));
    }
}

TEST(Choices, AChanceFromTheSeedComesTrueAsOftenAsItSays) {
    StreamChoices source(1);
    int yes = 0;
    for (int i = 0; i < 100'000; ++i)
        yes += source.chance(ChoiceKind::kMessageLoss, 3, 10'000) ? 1 : 0;
    EXPECT_NEAR(yes, 1000, 150);
    for (int i = 0; i < 100; ++i) {
        EXPECT_TRUE(source.chance(ChoiceKind::kMessageLoss, 3, kPpm));
        EXPECT_FALSE(source.chance(ChoiceKind::kMessageLoss, 3, 0));
    }
}

TEST(Choices, ANumberIsUniformBelowItsOptionsAndReplayed) {
    StreamChoices stream(3);
    RecordingChoices recording(stream);
    std::array<int, 5> counts{};
    std::vector<std::uint32_t> answers;
    for (int i = 0; i < 10'000; ++i) {
        answers.push_back(recording.pick(ChoiceKind::kSwarmStrength, 1, 5));
        ++counts.at(answers.back());
    }
    for (const int count : counts) EXPECT_NEAR(count, 2'000, 200);
    ReplayChoices replay(recording.choices());
    for (const std::uint32_t answer : answers)
        ASSERT_EQ(replay.pick(ChoiceKind::kSwarmStrength, 1, 5), answer);
    ReplayChoices fewer(recording.choices());
    for (const std::uint32_t answer : answers)
        ASSERT_EQ(fewer.pick(ChoiceKind::kSwarmStrength, 1, 3), std::min(answer, 2U));
    EXPECT_EQ(stream.pick(ChoiceKind::kSwarmCount, 1, 1), 0U) << "no question";
}

TEST(Choices, ARecordedAnswerAboveOneCountsAsOne) {
    ReplayChoices replay({{{ChoiceKind::kMessageLoss, 0, 0}, 1000}});
    EXPECT_EQ(replay.answer({{ChoiceKind::kMessageLoss, 0, 0}, 1}), 1U);
}

}  // namespace
}  // namespace aivm::sim
