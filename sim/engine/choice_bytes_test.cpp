#include "sim/engine/choice_bytes.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

namespace aivm::sim {
namespace {

constexpr std::uint32_t kActors = 7;

std::vector<Bytes> pieces(const Bytes& bytes) {
    std::vector<Bytes> out;
    for (std::size_t at = 0; at + kChoiceBytes <= bytes.size(); at += kChoiceBytes) {
        const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(at);
        out.emplace_back(from, from + kChoiceBytes);
    }
    return out;
}

TEST(ChoiceBytes, AreTheQuestionAndItsAnswer) {
    const Bytes bytes = {2, 9, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 99};
    const ChoiceList expected{{{ChoiceKind::kMessageReorder, 2, 0x201}, 0x403}};
    EXPECT_EQ(choices_from_bytes(bytes, kActors), expected);
}

TEST(ChoiceBytes, AListIsTheSameAfterItsBytesWereRead) {
    const ChoiceList choices{{{ChoiceKind::kSwarmPresent, 3, 0}, 1},
                             {{ChoiceKind::kMessageLoss, 1, 4'000}, 1},
                             {{ChoiceKind::kSwarmBegin, 3, 2}, 999}};
    EXPECT_EQ(choices_from_bytes(bytes_from_choices(choices), kActors), choices);
    const ChoiceList large{{{ChoiceKind::kMessageLoss, 1, 70'000}, 1}};
    EXPECT_TRUE(bytes_from_choices(large).empty());
}

RC_GTEST_PROP(ChoiceBytes, AMutationIsAFunctionOfItsSeedAndKeepsWholeChoices,
              (const Bytes& bytes, std::uint64_t seed)) {
    const std::size_t size_max = 60;
    const Bytes once = mutate_choice_bytes(bytes, kActors, size_max, seed);
    RC_ASSERT(once == mutate_choice_bytes(bytes, kActors, size_max, seed));
    RC_ASSERT(once.size() % kChoiceBytes == 0U);
    RC_ASSERT(once.size() <= size_max);
    // At most four of the choices are new or changed.
    const std::vector<Bytes> before = pieces(bytes);
    const std::vector<Bytes> after = pieces(once);
    const auto changed = std::ranges::count_if(after, [&](const Bytes& piece) {
        return std::ranges::find(before, piece) == before.end();
    });
    RC_ASSERT(changed <= 4);
}

RC_GTEST_PROP(ChoiceBytes, AChildHasChoicesOfItsParentsOnly,
              (const Bytes& first, const Bytes& second, std::uint64_t seed)) {
    const Bytes child = cross_choice_bytes(first, second, 1000, seed);
    std::vector<Bytes> parents = pieces(first);
    for (const Bytes& piece : pieces(second)) parents.push_back(piece);
    for (const Bytes& piece : pieces(child))
        RC_ASSERT(std::ranges::find(parents, piece) != parents.end());
}

TEST(ChoiceBytes, MutationsReachEveryKindOfQuestion) {
    std::set<ChoiceKind> kinds;
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        for (const ChoiceAnswer& choice :
             choices_from_bytes(mutate_choice_bytes({}, kActors, 600, seed), kActors))
            kinds.insert(choice.id.kind);
    }
    EXPECT_EQ(kinds.size(), kChoiceKinds);
}

}  // namespace
}  // namespace aivm::sim
