// CowVector against std::vector: a random program runs on both, snapshots are taken on the way and changed too, and at
// the end every snapshot must still equal the copy of the model taken at the same moment.
#include "core/base/cow_vector.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "core/base/counted.h"

namespace aivm {
namespace {

template <class Vector>
struct VectorPair {
    Vector tested;
    std::vector<std::string> model;
};

template <class Vector>
void expect_same_vector(const VectorPair<Vector>& pair) {
    RC_ASSERT(pair.tested.size() == pair.model.size());
    RC_ASSERT(pair.tested.empty() == pair.model.empty());
    std::size_t expected = 0;
    pair.tested.for_each([&](std::size_t i, const std::string& item) {
        RC_ASSERT(i == expected++);
        RC_ASSERT(item == pair.model[i]);
        RC_ASSERT(pair.tested[i] == item);
    });
    RC_ASSERT(expected == pair.model.size());
}

template <class Vector>
void run_vector_program() {
    struct Step {
        int kind;
        std::uint32_t number;
    };
    const auto program = *rc::gen::container<std::vector<Step>>(
        rc::gen::construct<Step>(rc::gen::inRange(0, 8), rc::gen::resize(100, rc::gen::arbitrary<std::uint32_t>())));
    std::vector<VectorPair<Vector>> pairs(1);
    int serial = 0;
    for (const Step& step : program) {
        VectorPair<Vector>& pair = pairs[step.number % pairs.size()];
        if (step.kind < 3) {
            for (std::uint32_t i = 0; i < step.number % 300; ++i) {
                pair.model.push_back(std::to_string(serial++));
                pair.tested.push_back(pair.model.back());
            }
        } else if (step.kind < 6 && !pair.model.empty()) {
            const std::size_t i = step.number / 7 % pair.model.size();
            pair.tested.edit(i) = pair.model[i] = "edited " + std::to_string(serial++);
        } else if (step.kind == 6) {
            pairs.push_back(VectorPair<Vector>(pair));
        } else if (pairs.size() > 1) {
            pairs[step.number / 3 % pairs.size()] = pair;  // self-assignment included
        }
    }
    for (const VectorPair<Vector>& pair : pairs) expect_same_vector(pair);
}

RC_GTEST_PROP(CowVector, BehavesLikeAVectorAndSnapshotsNeverChange, ()) {
    run_vector_program<CowVector<std::string>>();
}

RC_GTEST_PROP(CowVector, BehavesLikeAVectorWithLeavesOfOneElement, ()) {
    run_vector_program<CowVector<std::string, 1>>();
}

TEST(CowVector, AnUnsharedEditAndPushCopyNothing) {
    CowVector<Counted> vector;
    Counted::copies = 0;
    for (int i = 0; i < 20'000; ++i) vector.push_back(Counted(i));
    for (std::size_t i = 0; i < vector.size(); i += 7) vector.edit(i).set(-5);
    EXPECT_EQ(Counted::copies, 0);
    EXPECT_EQ(vector[14].value(), -5);
    EXPECT_EQ(vector[15].value(), 15);
}

TEST(CowVector, CopyingCopiesNoElementAndTheFirstEditOneLeaf) {
    CowVector<Counted> vector;
    for (int i = 0; i < 20'000; ++i) vector.push_back(Counted(i));
    Counted::copies = 0;
    const int live = Counted::live;
    const CowVector<Counted> snapshot = vector;
    EXPECT_EQ(Counted::live, live);
    vector.edit(5'000).set(1);
    vector.edit(5'001).set(1);
    EXPECT_EQ(Counted::copies, 16);
    EXPECT_EQ(Counted::live, live + 16);
    EXPECT_EQ(snapshot[5'000].value(), 5'000);
    EXPECT_EQ(vector[5'000].value(), 1);
}

TEST(CowVector, NothingIsLeftWhenVectorAndSnapshotsAreGone) {
    const int live = Counted::live;
    {
        std::vector<CowVector<Counted, 4>> snapshots;
        CowVector<Counted, 4> vector;
        for (int i = 0; i < 5'000; ++i) {
            vector.push_back(Counted(i));
            vector.edit(static_cast<std::size_t>(i) / 2).set(i);
            if (i % 97 == 0) snapshots.push_back(vector);
        }
        const CowVector<Counted, 4> moved = std::move(vector);
        EXPECT_EQ(moved.size(), 5'000U);
        snapshots.erase(snapshots.begin(), snapshots.begin() + 20);
        snapshots[0] = CowVector<Counted, 4>();
    }
    EXPECT_EQ(Counted::live, live);
}

TEST(CowVector, AMovedFromVectorIsEmptyAndFitForUse) {
    CowVector<int> from;
    from.push_back(1);
    const CowVector<int> to = std::move(from);
    EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): that is the point
    from.push_back(2);
    EXPECT_EQ(from[0], 2);
    EXPECT_EQ(to[0], 1);
}

TEST(CowVector, AnIndexBeyondTheEndIsABug) {
    CowVector<int> vector;
    EXPECT_THROW((void)vector[0], std::logic_error);
    vector.push_back(1);
    EXPECT_THROW((void)vector[1], std::logic_error);
    EXPECT_THROW(vector.edit(1), std::logic_error);
}

struct ThrowsOnCopy {
    explicit ThrowsOnCopy(int v) : value(v) {}
    ThrowsOnCopy(const ThrowsOnCopy& other) : value(other.value) {
        if (value == 3) throw std::runtime_error("no copy of a three");
    }
    ThrowsOnCopy(ThrowsOnCopy&&) noexcept = default;
    ThrowsOnCopy& operator=(ThrowsOnCopy&&) noexcept = default;
    int value;
};

TEST(CowVector, AnElementThatCannotBeCopiedLeavesEverythingAsItWas) {
    CowVector<ThrowsOnCopy> vector;
    for (int i = 0; i < 5; ++i) vector.push_back(ThrowsOnCopy(i));
    const CowVector<ThrowsOnCopy> snapshot = vector;
    EXPECT_THROW(vector.edit(0), std::runtime_error);
    EXPECT_THROW(vector.push_back(ThrowsOnCopy(9)), std::runtime_error);
    EXPECT_EQ(vector.size(), 5U);
    EXPECT_EQ(vector[4].value, 4);
    EXPECT_EQ(snapshot[0].value, 0);
}

}  // namespace
}  // namespace aivm
