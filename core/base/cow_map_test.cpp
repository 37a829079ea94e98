// CowMap against std::map: a random program runs on both, snapshots are taken on the way and
// changed too, and at the end every snapshot must still equal the copy of the model taken at the
// same moment. Steps work on runs of keys, so that short programs build and empty whole subtrees.
#include "core/base/cow_map.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/testing/counted.h"

namespace aivm {
namespace {

using ReferenceMap = std::map<std::string, int, std::less<>>;

template <class Map>
struct MapPair {
    Map tested;
    ReferenceMap model;
};

// Four digits, so that the order of the strings is that of the numbers.
std::string key_of(std::uint32_t number) { return std::to_string(1'000 + number % 9'000); }

template <class Map>
void expect_same_map(const MapPair<Map>& pair) {
    RC_ASSERT(pair.tested.size() == pair.model.size());
    RC_ASSERT(pair.tested.empty() == pair.model.empty());
    RC_ASSERT((pair.tested.first_key() == nullptr) == pair.model.empty());
    if (!pair.model.empty()) RC_ASSERT(*pair.tested.first_key() == pair.model.begin()->first);
    auto expected = pair.model.begin();
    pair.tested.for_each([&](const std::string& key, int value) {
        RC_ASSERT(expected != pair.model.end());
        RC_ASSERT(key == expected->first);
        RC_ASSERT(value == expected->second);
        RC_ASSERT(*pair.tested.find(key) == value);
        ++expected;
    });
    RC_ASSERT(expected == pair.model.end());
}

// The scan from a key on, stopped after `count` entries.
template <class Map>
void expect_equal_scan(const MapPair<Map>& pair, std::string_view from, std::size_t count) {
    auto expected = pair.model.lower_bound(from);
    std::size_t seen = 0;
    pair.tested.for_each_from(from, [&](const std::string& key, int value) {
        RC_ASSERT(expected != pair.model.end());
        RC_ASSERT(key == expected->first);
        RC_ASSERT(value == expected->second);
        ++expected;
        return ++seen < count;
    });
    RC_ASSERT(seen == count || expected == pair.model.end());
}

struct MapStep {
    int kind;
    std::uint32_t first;
    std::uint32_t run;     // how many keys
    std::uint32_t stride;  // from one to the next; wraps round, so it may run backwards
};

template <class Map>
void change_one(MapPair<Map>& pair, int kind, const std::string& key, int value) {
    const bool present = pair.model.contains(key);
    RC_ASSERT(pair.tested.contains(key) == present);
    switch (kind) {
        case 0:
            RC_ASSERT(pair.tested.insert(key, value) == pair.model.emplace(key, value).second);
            break;
        case 1:
            pair.tested.insert_or_edit(key) += value;
            pair.model[key] += value;
            break;
        case 2: {
            int* const found = pair.tested.edit(std::string_view(key));
            RC_ASSERT((found != nullptr) == present);
            if (found != nullptr) *found = pair.model[key] = value;
            break;
        }
        default:
            RC_ASSERT(pair.tested.erase(std::string_view(key)) == (pair.model.erase(key) > 0));
    }
}

template <class Map>
void pop_front(MapPair<Map>& pair, std::uint32_t count) {
    for (; count > 0 && !pair.model.empty(); --count) {
        pair.model.erase(pair.model.begin());
        RC_ASSERT(pair.tested.erase(*pair.tested.first_key()));
    }
}

template <class Map>
void run_map_program() {
    const auto number = [](std::uint32_t end) { return rc::gen::inRange<std::uint32_t>(0, end); };
    const auto program = *rc::gen::container<std::vector<MapStep>>(
        rc::gen::construct<MapStep>(rc::gen::inRange(0, 9), number(9'000), number(400),
                                    rc::gen::element<std::uint32_t>(1, 1, 8'999, 17, 4'217)));
    std::vector<MapPair<Map>> pairs(1);
    int value = 0;
    for (const MapStep& step : program) {
        MapPair<Map>& pair = pairs[step.first % pairs.size()];
        if (step.kind == 6) {
            pop_front(pair, step.run);
        } else if (step.kind == 7) {
            pairs.push_back(MapPair<Map>(pair));
        } else if (step.kind == 8) {
            expect_equal_scan(pair, key_of(step.first), step.run + 1);
        } else {
            const int kind = step.kind < 4 ? step.kind : step.kind == 4 ? 0 : 3;
            for (std::uint32_t i = 0; i < step.run; ++i) {
                change_one(pair, kind, key_of(step.first + i * step.stride), ++value);
            }
        }
    }
    for (const MapPair<Map>& pair : pairs) expect_same_map(pair);
}

RC_GTEST_PROP(CowMap, BehavesLikeAMapAndSnapshotsNeverChange, ()) {
    run_map_program<CowMap<std::string, int>>();
}

RC_GTEST_PROP(CowMap, BehavesLikeAMapWithTheSmallestLeaves, ()) {
    run_map_program<CowMap<std::string, int, std::less<>, 4>>();
}

TEST(CowMap, AnUnsharedChangeCopiesNothing) {
    CowMap<int, Counted> map;
    Counted::copies = 0;
    for (int i = 0; i < 20'000; ++i) EXPECT_TRUE(map.insert(i * 7919 % 20'011, Counted(i)));
    for (int i = 0; i < 20'000; i += 3) map.edit(i * 7919 % 20'011)->set(-5);
    for (int i = 1; i < 20'000; i += 3) EXPECT_TRUE(map.erase(i * 7919 % 20'011));
    EXPECT_EQ(Counted::copies, 0);
    EXPECT_EQ(map.find(3 * 7919 % 20'011)->value(), -5);
}

TEST(CowMap, CopyingCopiesNoEntryAndTheFirstEditOneLeafAtMost) {
    CowMap<int, Counted> map;
    for (int i = 0; i < 20'000; ++i) map.insert(i, Counted(i));
    Counted::copies = 0;
    const CowMap<int, Counted> snapshot = map;
    EXPECT_EQ(map.edit(-1), nullptr);
    EXPECT_FALSE(map.insert(5, Counted()));
    EXPECT_FALSE(map.erase(20'000));
    EXPECT_EQ(Counted::copies, 0);
    map.edit(5'000)->set(1);
    EXPECT_GT(Counted::copies, 0);
    EXPECT_LE(Counted::copies, 31);
    EXPECT_EQ(snapshot.find(5'000)->value(), 5'000);
    EXPECT_EQ(map.find(5'000)->value(), 1);
}

TEST(CowMap, NothingIsLeftWhenMapAndSnapshotsAreGone) {
    const int live = Counted::live;
    {
        std::vector<CowMap<int, Counted>> snapshots;
        CowMap<int, Counted> map;
        for (int i = 0; i < 10'000; ++i) {
            map.insert(i * 7919 % 10'007, Counted(i));
            if (i % 3 == 0) map.erase(*map.first_key());
            if (i % 401 == 0) snapshots.push_back(map);
        }
        const CowMap<int, Counted> moved = std::move(map);
        EXPECT_TRUE(map.empty());  // NOLINT(bugprone-use-after-move): that is the point
        snapshots.erase(snapshots.begin(), snapshots.begin() + 9);
    }
    EXPECT_EQ(Counted::live, live);
}

TEST(CowMap, AQueueKeepsOnlyItsPresentEntriesAlive) {
    const int live = Counted::live;
    CowMap<int, Counted> queue;
    for (int i = 0; i < 200'000; ++i) {
        queue.insert(i, Counted(i));
        if (i >= 1'000) {
            ASSERT_EQ(*queue.first_key(), i - 1'000);
            ASSERT_TRUE(queue.erase(*queue.first_key()));
        }
    }
    EXPECT_EQ(Counted::live, live + 1'000);
    while (!queue.empty()) ASSERT_TRUE(queue.erase(*queue.first_key()));
    EXPECT_EQ(Counted::live, live);
    EXPECT_EQ(queue.first_key(), nullptr);
}

TEST(CowMap, AWalkMayChangeTheMapItsCopyWasTakenFrom) {
    CowMap<int, int> map;
    for (int i = 0; i < 500; ++i) map.insert(i, i);
    const CowMap<int, int> copy = map;
    copy.for_each([&](int key, int value) {
        if (key % 2 == 0) {
            map.erase(key);
        } else {
            *map.edit(key) = -value;
        }
    });
    EXPECT_EQ(map.size(), 250U);
    EXPECT_EQ(*map.find(499), -499);
    EXPECT_EQ(*copy.find(499), 499);
}

TEST(CowMap, AnOrderOfItsOwnIsFollowed) {
    CowMap<int, int, std::greater<>> map;
    for (int i = 0; i < 1'000; ++i) map.insert(i, i);
    EXPECT_EQ(*map.first_key(), 999);
    std::vector<int> seen;
    map.for_each_from(500, [&](int key, int) {
        seen.push_back(key);
        return seen.size() < 3;
    });
    EXPECT_EQ(seen, (std::vector<int>{500, 499, 498}));
}

}  // namespace
}  // namespace aivm
