// SnapshotVector against std::vector: a random program runs on both, snapshots are taken on the way
// and changed too, and at the end every snapshot must still equal the copy of the model taken at
// the same moment.
#include "core/base/snapshot_vector.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "core/testing/counted.h"

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
    const auto program = *rc::gen::container<std::vector<Step>>(rc::gen::construct<Step>(
        rc::gen::inRange(0, 8), rc::gen::resize(100, rc::gen::arbitrary<std::uint32_t>())));
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

RC_GTEST_PROP(SnapshotVector, BehavesLikeAVectorAndSnapshotsNeverChange, ()) {
    run_vector_program<SnapshotVector<std::string>>();
}

TEST(SnapshotVector, AnUnsharedEditAndPushCopyNothing) {
    SnapshotVector<Counted, false> vector;
    Counted::copies = 0;
    for (int i = 0; i < 20'000; ++i) vector.push_back(Counted(i));
    for (std::size_t i = 0; i < vector.size(); i += 7) vector.edit(i).set(-5);
    EXPECT_EQ(Counted::copies, 0);
    EXPECT_EQ(vector[14].value(), -5);
    EXPECT_EQ(vector[15].value(), 15);
}

TEST(SnapshotVector, CopyingCopiesNoElementAndAnEditTheOneThatItChanges) {
    SnapshotVector<Counted, false> vector;
    for (int i = 0; i < 20'000; ++i) vector.push_back(Counted(i));
    Counted::copies = 0;
    const int live = Counted::live;
    SnapshotVector<Counted, false> snapshot = vector;
    EXPECT_EQ(Counted::live, live);
    for (int times = 0; times < 3; ++times) vector.edit(5'000).set(times);
    vector.edit(5'001).set(1);
    EXPECT_EQ(Counted::copies, 2);
    EXPECT_EQ(Counted::live, live + 2);
    EXPECT_EQ(snapshot[5'000].value(), 5'000);
    EXPECT_EQ(vector[5'000].value(), 2);
    snapshot = {};
    EXPECT_EQ(Counted::live, live);
    vector.edit(5'002).set(1);
    EXPECT_EQ(Counted::copies, 2);
}

TEST(SnapshotVector, AnOldVersionCanBeGoneOnWithAndTheNewOnesStayAsTheyWere) {
    SnapshotVector<int> root;
    for (int i = 0; i < 3; ++i) root.push_back(i);
    SnapshotVector<int> left = root;
    left.edit(0) = 10;
    left.push_back(13);
    SnapshotVector<int> right = root;
    right.edit(1) = 21;
    right.push_back(23);
    right.push_back(24);
    left.push_back(14);
    left.edit(3) = 130;
    const auto values = [](const SnapshotVector<int>& vector) {
        std::vector<int> out;
        vector.for_each([&](std::size_t, int value) { out.push_back(value); });
        for (std::size_t i = 0; i < out.size(); ++i) EXPECT_EQ(out[i], vector[i]);
        return out;
    };
    EXPECT_EQ(values(root), (std::vector{0, 1, 2}));
    EXPECT_EQ(values(left), (std::vector{10, 1, 2, 130, 14}));
    EXPECT_EQ(values(right), (std::vector{0, 21, 2, 23, 24}));
}

TEST(SnapshotVector, NothingIsLeftWhenVectorAndSnapshotsAreGone) {
    const int live = Counted::live;
    {
        std::vector<SnapshotVector<Counted, false>> snapshots;
        SnapshotVector<Counted, false> vector;
        for (int i = 0; i < 5'000; ++i) {
            vector.push_back(Counted(i));
            vector.edit(static_cast<std::size_t>(i) / 2).set(i);
            if (i % 97 == 0) snapshots.push_back(vector);
        }
        const SnapshotVector<Counted, false> moved = std::move(vector);
        EXPECT_EQ(moved.size(), 5'000U);
        snapshots.erase(snapshots.begin(), snapshots.begin() + 20);
        snapshots[0] = SnapshotVector<Counted, false>();
    }
    EXPECT_EQ(Counted::live, live);
}

TEST(SnapshotVector, AMovedFromVectorIsEmptyAndFitForUse) {
    SnapshotVector<int> from;
    from.push_back(1);
    const SnapshotVector<int> to = std::move(from);
    EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): that is the point
    from.push_back(2);
    EXPECT_EQ(from[0], 2);
    EXPECT_EQ(to[0], 1);
}

TEST(SnapshotVector, AnIndexBeyondTheEndIsABug) {
    SnapshotVector<int> vector;
    EXPECT_THROW((void)vector[0], CheckFailure);
    vector.push_back(1);
    EXPECT_THROW((void)vector[1], CheckFailure);
    EXPECT_THROW(vector.edit(1), CheckFailure);
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

TEST(SnapshotVector, AnElementThatCannotBeCopiedLeavesEverythingAsItWas) {
    SnapshotVector<ThrowsOnCopy, false> vector;
    for (int i = 0; i < 5; ++i) vector.push_back(ThrowsOnCopy(i));
    const SnapshotVector<ThrowsOnCopy, false> snapshot = vector;
    EXPECT_THROW(vector.edit(3), std::runtime_error);
    EXPECT_EQ(vector.size(), 5U);
    EXPECT_EQ(vector[3].value, 3);
    EXPECT_EQ(snapshot[3].value, 3);
    vector.edit(4).value = 8;
    EXPECT_EQ(vector[4].value, 8);
    EXPECT_EQ(snapshot[4].value, 4);
}

#ifndef NDEBUG  // only debug builds check references
#ifdef AIVM_ADDRESS_SANITIZER
#define EXPECT_DANGLES(place) EXPECT_DEATH(static_cast<void>(*(place)), "use-after-poison")
#else
#define EXPECT_DANGLES(place) EXPECT_EQ(*(place), kFilled)
#endif

TEST(SnapshotVector, AReadThroughAReferenceThatDanglesFailsInDebugBuilds) {
    [[maybe_unused]] constexpr std::uint64_t kFilled = 0xdddd'dddd'dddd'dddd;
    SnapshotVector<std::uint64_t> vector;
    vector.push_back(1);
    vector.push_back(2);
    const SnapshotVector<std::uint64_t> snapshot = vector;
    vector.edit(0) = 3;
    const volatile std::uint64_t* of_snapshot = &snapshot[0];
    EXPECT_EQ(*of_snapshot, 1U);
    vector.edit(1) = 4;
    EXPECT_DANGLES(of_snapshot);

    const volatile std::uint64_t* of_newest = &std::as_const(vector)[0];
    EXPECT_EQ(*of_newest, 3U);
    SnapshotVector<std::uint64_t> branch = snapshot;
    branch.edit(0) = 5;  // the body is rerooted at the branch
    EXPECT_DANGLES(of_newest);
    EXPECT_EQ(std::as_const(vector)[0], 3U);
}
#endif

}  // namespace
}  // namespace aivm
