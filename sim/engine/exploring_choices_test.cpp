#include "sim/engine/exploring_choices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

namespace aivm::sim {
namespace {

constexpr std::uint32_t kSenders = 6;

// Whether each of the first `count` messages is held back; the senders take turns.
std::vector<bool> held_back(ChoiceSource& source, std::size_t count) {
    std::vector<bool> out;
    for (std::size_t i = 0; i < count; ++i)
        out.push_back(source.chance(ChoiceKind::kMessageReorder,
                                    static_cast<std::uint32_t>(i % kSenders), 50'000));
    return out;
}

RC_GTEST_PROP(DelayBounding, HoldsBackTheMessagesThatWereDrawnAndNoOther, (std::uint64_t seed)) {
    DelayBoundingChoices source(seed);
    const std::vector<bool> held = held_back(source, source.delayed().back() + 100);
    std::vector<std::uint64_t> numbers;
    for (std::size_t i = 0; i < held.size(); ++i)
        if (held[i]) numbers.push_back(i);
    RC_ASSERT(numbers == source.delayed());
    RC_ASSERT(!numbers.empty() && numbers.size() <= DelayBoundingChoices::kDelaysMax);
}

RC_GTEST_PROP(Pct, HoldsBackAllMessagesOfAFewSendersBetweenChangePoints, (std::uint64_t seed)) {
    PctChoices source(seed);
    std::vector<std::uint64_t> ends = source.change_points();
    ends.push_back((ends.empty() ? 0 : ends.back()) + 100);
    const std::vector<bool> held = held_back(source, ends.back());
    std::size_t number = kSenders;  // until then not every sender is known
    for (const std::uint64_t end : ends) {
        std::map<std::size_t, std::set<bool>> answers;  // by sender
        const bool is_long = number + kSenders <= end;
        if (number < end && number != kSenders) RC_ASSERT(held[number]);  // lowest from now on
        for (; number < end; ++number) answers[number % kSenders].insert(held[number]);
        std::size_t late = 0;
        for (const auto& [sender, given] : answers) {
            RC_ASSERT(given.size() == 1U);
            late += *given.begin() ? 1 : 0;
        }
        if (is_long) RC_ASSERT(late == source.held_back());
    }
}

TEST(Pct, ASoleSenderIsNeverHeldBack) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        PctChoices source(seed);
        for (int i = 0; i < 100; ++i)
            EXPECT_FALSE(source.chance(ChoiceKind::kFaultReorder, 3, 1)) << "seed " << seed;
    }
}

template <class Source>
class ExploringChoices : public testing::Test {};
using Sources = testing::Types<DelayBoundingChoices, PctChoices, BranchedChoices>;
TYPED_TEST_SUITE(ExploringChoices, Sources);

TYPED_TEST(ExploringChoices, AreAFunctionOfTheSeed) {
    TypeParam first(7);
    TypeParam again(7);
    TypeParam other(8);
    const std::vector<bool> held = held_back(first, 1 << 16);
    EXPECT_EQ(held, held_back(again, 1 << 16));
    EXPECT_NE(held, held_back(other, 1 << 16));
}

TYPED_TEST(ExploringChoices, AnswerOtherQuestionsAsTheStreamsOfTheSeed) {
    TypeParam source(7);
    StreamChoices streams(7);
    for (std::uint32_t i = 0; i < 1000; ++i) {
        static_cast<void>(source.chance(ChoiceKind::kMessageReorder, i % kSenders, 50'000));
        EXPECT_EQ(source.chance(ChoiceKind::kMessageLoss, 1, 300'000),
                  streams.chance(ChoiceKind::kMessageLoss, 1, 300'000));
        EXPECT_EQ(source.pick(ChoiceKind::kSwarmTarget, 2, 9),
                  streams.pick(ChoiceKind::kSwarmTarget, 2, 9));
    }
}

TYPED_TEST(ExploringChoices, NeverDoWhatHasNoChance) {
    TypeParam source(7);
    for (std::uint32_t i = 0; i < 1000; ++i)
        EXPECT_FALSE(source.chance(ChoiceKind::kMessageReorder, i % kSenders, 0));
}

TEST(BranchedChoices, FollowTheSeedUpToTheBranchAndDifferFromThereOn) {
    constexpr std::size_t kBefore = 500;
    BranchedChoices trunk(3);
    BranchedChoices forked(3);
    BranchedChoices other(3, BranchPoint{kBefore, 2});
    const std::vector<bool> straight = held_back(trunk, 2000);
    std::vector<bool> left = held_back(forked, kBefore);
    forked.branch_here(1);
    EXPECT_EQ(forked.asked(), kBefore);
    // held_back() begins with sender 0 again, which changes nothing: streams belong to the sender.
    for (std::size_t i = kBefore; i < 2000; ++i)
        left.push_back(forked.chance(ChoiceKind::kMessageReorder,
                                     static_cast<std::uint32_t>(i % kSenders), 50'000));
    BranchedChoices again(3, BranchPoint{kBefore, 1});
    EXPECT_EQ(held_back(again, 2000), left) << "a fork and its repetition differ";
    EXPECT_TRUE(std::equal(straight.begin(), straight.begin() + kBefore, left.begin()));
    EXPECT_NE(straight, left);
    EXPECT_NE(held_back(other, 2000), left);
}

}  // namespace
}  // namespace aivm::sim
