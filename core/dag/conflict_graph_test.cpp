// The conflict graph compared with a slow model that checks every pair.
#include "core/dag/conflict_graph.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace aivm {
namespace {

Hash32 id_of(std::uint8_t number) { return Hash32{{static_cast<std::uint8_t>(255 - number)}}; }

ConflictGraph::Node node(std::uint8_t number, Height height, std::vector<std::uint8_t> parents,
                         std::vector<ConflictKey> keys) {
    ConflictGraph::Node out;
    out.id = id_of(number);
    out.height = height;
    for (const std::uint8_t parent : parents) out.parents.push_back(id_of(parent));
    out.keys = std::move(keys);
    return out;
}

// D07 conflicts treated as equivalence classes.
TEST(ConflictGraph, D07ARivalOfARivalIsNoRival) {
    ConflictGraph graph;
    graph.add(node(1, 1, {}, {"x"}));
    graph.add(node(2, 1, {}, {"x", "y"}));
    graph.add(node(3, 1, {}, {"y"}));
    EXPECT_TRUE(graph.conflicts(id_of(1), id_of(2)));
    EXPECT_TRUE(graph.conflicts(id_of(2), id_of(3)));
    EXPECT_FALSE(graph.conflicts(id_of(1), id_of(3)));
    EXPECT_EQ(graph.conflicts_of(id_of(2)),
              (std::vector{id_of(3), id_of(1)}));  // ids descend as the numbers ascend
    graph.remove(id_of(2));
    EXPECT_TRUE(graph.conflicts_of(id_of(1)).empty());
    EXPECT_EQ(graph.holders_of("x"), std::vector{id_of(1)});
}

TEST(ConflictGraph, DescendantsComeParentsFirstAndReachGrandchildren) {
    ConflictGraph graph;
    graph.add(node(1, 1, {}, {}));
    graph.add(node(2, 2, {1}, {}));
    graph.add(node(3, 3, {2}, {}));
    graph.add(node(4, 2, {1}, {}));
    graph.add(node(5, 4, {3, 4}, {}));
    EXPECT_EQ(graph.descendants(id_of(1)), (std::vector{id_of(4), id_of(2), id_of(3), id_of(5)}));
    EXPECT_EQ(graph.ancestors(id_of(5)), (std::vector{id_of(1), id_of(4), id_of(2), id_of(3)}));
    EXPECT_EQ(graph.leaves(), std::vector{id_of(5)});
    graph.remove(id_of(5));
    EXPECT_EQ(graph.leaves(), (std::vector{id_of(4), id_of(3)}));
    EXPECT_TRUE(graph.descendants(id_of(9)).empty());
}

TEST(ConflictGraph, AnAncestorIsNoRivalOfItsDescendants) {
    ConflictGraph graph;
    graph.add(node(1, 1, {}, {"x"}));
    graph.add(node(2, 2, {1}, {}));
    graph.add(node(3, 3, {2}, {"x"}));
    graph.add(node(4, 2, {1}, {"x"}));
    EXPECT_FALSE(graph.conflicts(id_of(1), id_of(3)));
    EXPECT_FALSE(graph.conflicts(id_of(1), id_of(4)));
    EXPECT_TRUE(graph.conflicts(id_of(3), id_of(4)));  // both follow 1, neither follows the other
    EXPECT_TRUE(graph.is_ancestor(id_of(1), id_of(3)));
    EXPECT_FALSE(graph.is_ancestor(id_of(3), id_of(1)));
    EXPECT_FALSE(graph.is_ancestor(id_of(2), id_of(4)));
}

// What shares a key conflicts, unless one stood above the other when it was added.
struct PairwiseModel {
    std::map<Hash32, ConflictGraph::Node> nodes;
    std::set<std::pair<Hash32, Hash32>> contests;

    void add(const ConflictGraph::Node& fresh) {
        nodes.emplace(fresh.id, fresh);
        for (const auto& [id, other] : nodes) {
            if (id == fresh.id || below(id, fresh.id)) continue;
            for (const ConflictKey& key : fresh.keys) {
                if (std::find(other.keys.begin(), other.keys.end(), key) == other.keys.end())
                    continue;
                contests.insert({id, fresh.id});
                contests.insert({fresh.id, id});
            }
        }
    }
    bool conflicts(const Hash32& a, const Hash32& b) const { return contests.contains({a, b}); }
    bool below(const Hash32& ancestor, const Hash32& id) const {
        for (const Hash32& parent : nodes.at(id).parents) {
            if (nodes.contains(parent) && (parent == ancestor || below(ancestor, parent)))
                return true;
        }
        return false;
    }
};

RC_GTEST_PROP(ConflictGraph, AgreesWithAModelThatAsksEveryPair, ()) {
    ConflictGraph graph;
    PairwiseModel model;
    const auto steps = *rc::gen::inRange(1, 30);
    for (int i = 0; i < steps; ++i) {
        if (!model.nodes.empty() && *rc::gen::inRange(0, 4) == 0) {
            const Hash32 id =
                std::next(model.nodes.begin(), *rc::gen::inRange<int>(0, int(model.nodes.size())))
                    ->first;
            graph.remove(id);
            model.nodes.erase(id);
            continue;
        }
        ConflictGraph::Node fresh = node(static_cast<std::uint8_t>(i), 1, {}, {});
        for (int k = *rc::gen::inRange(0, 3); k > 0 && !model.nodes.empty(); --k) {
            const auto& parent =
                std::next(model.nodes.begin(), *rc::gen::inRange<int>(0, int(model.nodes.size())))
                    ->second;
            if (std::find(fresh.parents.begin(), fresh.parents.end(), parent.id) !=
                fresh.parents.end())
                continue;
            fresh.parents.push_back(parent.id);
            fresh.height = std::max(fresh.height, parent.height + 1);
        }
        for (int k = *rc::gen::inRange(0, 3); k > 0; --k) {
            fresh.keys.emplace_back(1, static_cast<char>('a' + *rc::gen::inRange(0, 5)));
        }
        graph.add(fresh);
        model.add(fresh);
    }
    RC_ASSERT(graph.size() == model.nodes.size());
    for (const auto& [a, node_a] : model.nodes) {
        std::vector<Hash32> rivals;
        std::set<Hash32> above;
        std::set<Hash32> under;
        for (const auto& [b, node_b] : model.nodes) {
            RC_ASSERT(graph.conflicts(a, b) == model.conflicts(a, b));
            if (model.conflicts(a, b)) rivals.push_back(b);
            if (model.below(a, b)) above.insert(b);
            if (model.below(b, a)) under.insert(b);
            RC_ASSERT(graph.is_ancestor(b, a) == model.below(b, a));
        }
        RC_ASSERT(graph.conflicts_of(a) == rivals);
        const auto up = graph.descendants(a);
        const auto down = graph.ancestors(a);
        RC_ASSERT(up.size() == above.size() && std::set<Hash32>(up.begin(), up.end()) == above);
        RC_ASSERT(down.size() == under.size() &&
                  std::set<Hash32>(down.begin(), down.end()) == under);
        RC_ASSERT(std::is_sorted(up.begin(), up.end(), [&](const Hash32& x, const Hash32& y) {
            return std::pair(model.nodes.at(x).height, x) < std::pair(model.nodes.at(y).height, y);
        }));
    }
}

}  // namespace
}  // namespace aivm
