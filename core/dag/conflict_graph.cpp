#include "core/dag/conflict_graph.h"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <map>
#include <set>
#include <utility>

#include "core/base/check.h"
#include "core/base/mutant.h"

namespace aivm {
namespace {

struct Label {
    Height height = 0;
    Hash32 id;
    friend auto operator<=>(const Label&, const Label&) = default;
};

// Vertices are in lists, so that descriptors stay valid while others are added and removed. A
// descriptor is an address: it is only compared for equality, and every result is sorted by label
// or id.
using Contest = boost::adjacency_list<boost::vecS, boost::listS, boost::undirectedS, Label>;
using Dag = boost::adjacency_list<boost::vecS, boost::listS, boost::bidirectionalS, Label>;

struct Place {
    Contest::vertex_descriptor contest = nullptr;
    Dag::vertex_descriptor dag = nullptr;
    std::vector<ConflictKey> keys;
};

std::vector<Hash32> ids_of(const std::set<Label>& labels) {
    std::vector<Hash32> out;
    out.reserve(labels.size());
    for (const Label& label : labels) out.push_back(label.id);
    return out;
}

}  // namespace

struct ConflictGraph::Graphs {
    Contest contest;
    Dag dag;
    std::map<Hash32, Place> places;
    std::map<ConflictKey, std::set<Hash32>> holders;

    // Everything reachable from `from`, where step(descriptor) returns the neighbours.
    template <class Step>
    std::vector<Hash32> reach(const Hash32& from, Step&& step) const {
        const auto place = places.find(from);
        if (place == places.end()) return {};
        std::set<Label> found;
        std::vector<Dag::vertex_descriptor> open{place->second.dag};
        while (!open.empty()) {
            const auto at = open.back();
            open.pop_back();
            step(at, [&](Dag::vertex_descriptor next) {
                if (found.insert(dag[next]).second) open.push_back(next);
            });
        }
        return ids_of(found);
    }
};

ConflictGraph::ConflictGraph() : graphs_(std::make_unique<Graphs>()) {}
ConflictGraph::~ConflictGraph() = default;
ConflictGraph::ConflictGraph(ConflictGraph&&) noexcept = default;
ConflictGraph& ConflictGraph::operator=(ConflictGraph&&) noexcept = default;

void ConflictGraph::add(const Node& node) {
    Graphs& g = *graphs_;
    AIVM_CHECK(!g.places.contains(node.id));
    const Label label{node.height, node.id};
    Place place{boost::add_vertex(label, g.contest), boost::add_vertex(label, g.dag), node.keys};
    for (const Hash32& parent : node.parents) {
        const auto found = g.places.find(parent);
        if (found == g.places.end()) continue;
        AIVM_CHECK(g.dag[found->second.dag].height < node.height);
        boost::add_edge(found->second.dag, place.dag, g.dag);
    }
    std::set<Hash32> rivals;  // each once, even if several keys are shared
    for (const ConflictKey& key : node.keys) {
        std::set<Hash32>& holders = g.holders[key];
        if (!AIVM_MUTANT(D07)) rivals.insert(holders.begin(), holders.end());
        holders.insert(node.id);
    }
    rivals.erase(node.id);  // a key listed twice
    g.places.emplace(node.id, place);
    if (rivals.empty()) return;
    for (const Hash32& above : ancestors(node.id)) rivals.erase(above);
    for (const Hash32& rival : rivals)
        boost::add_edge(place.contest, g.places.at(rival).contest, g.contest);
}

void ConflictGraph::remove(const Hash32& id) {
    Graphs& g = *graphs_;
    const auto found = g.places.find(id);
    AIVM_CHECK(found != g.places.end());
    for (const ConflictKey& key : found->second.keys) {
        const auto holders = g.holders.find(key);
        if (holders == g.holders.end()) continue;
        holders->second.erase(id);
        if (holders->second.empty()) g.holders.erase(holders);
    }
    boost::clear_vertex(found->second.contest, g.contest);
    boost::remove_vertex(found->second.contest, g.contest);
    boost::clear_vertex(found->second.dag, g.dag);
    boost::remove_vertex(found->second.dag, g.dag);
    g.places.erase(found);
}

std::size_t ConflictGraph::size() const { return graphs_->places.size(); }
bool ConflictGraph::contains(const Hash32& id) const { return graphs_->places.contains(id); }

bool ConflictGraph::conflicts(const Hash32& a, const Hash32& b) const {
    const auto first = graphs_->places.find(a);
    const auto second = graphs_->places.find(b);
    if (first == graphs_->places.end() || second == graphs_->places.end()) return false;
    return boost::edge(first->second.contest, second->second.contest, graphs_->contest).second;
}

std::vector<Hash32> ConflictGraph::conflicts_of(const Hash32& id) const {
    const auto place = graphs_->places.find(id);
    if (place == graphs_->places.end()) return {};
    std::vector<Hash32> out;
    const auto [begin, end] = boost::adjacent_vertices(place->second.contest, graphs_->contest);
    for (auto it = begin; it != end; ++it) out.push_back(graphs_->contest[*it].id);
    std::sort(out.begin(), out.end());
    return out;
}

std::vector<Hash32> ConflictGraph::holders_of(const ConflictKey& key) const {
    const auto holders = graphs_->holders.find(key);
    if (holders == graphs_->holders.end()) return {};
    return {holders->second.begin(), holders->second.end()};
}

std::vector<Hash32> ConflictGraph::descendants(const Hash32& id) const {
    return graphs_->reach(id, [&](Dag::vertex_descriptor at, auto&& take) {
        const auto [begin, end] = boost::out_edges(at, graphs_->dag);
        for (auto it = begin; it != end; ++it) take(boost::target(*it, graphs_->dag));
    });
}

std::vector<Hash32> ConflictGraph::ancestors(const Hash32& id) const {
    return graphs_->reach(id, [&](Dag::vertex_descriptor at, auto&& take) {
        const auto [begin, end] = boost::in_edges(at, graphs_->dag);
        for (auto it = begin; it != end; ++it) take(boost::source(*it, graphs_->dag));
    });
}

bool ConflictGraph::is_ancestor(const Hash32& ancestor, const Hash32& id) const {
    const Graphs& g = *graphs_;
    const auto wanted = g.places.find(ancestor);
    const auto from = g.places.find(id);
    if (wanted == g.places.end() || from == g.places.end()) return false;
    const Height height = g.dag[wanted->second.dag].height;
    std::set<Label> seen;
    std::vector<Dag::vertex_descriptor> open{from->second.dag};
    while (!open.empty()) {
        const auto at = open.back();
        open.pop_back();
        const auto [begin, end] = boost::in_edges(at, g.dag);
        for (auto it = begin; it != end; ++it) {
            const auto above = boost::source(*it, g.dag);
            if (above == wanted->second.dag) return true;
            if (g.dag[above].height > height && seen.insert(g.dag[above]).second)
                open.push_back(above);
        }
    }
    return false;
}

std::vector<Hash32> ConflictGraph::leaves() const {
    std::set<Label> found;
    for (const auto& [id, place] : graphs_->places) {
        if (boost::out_degree(place.dag, graphs_->dag) == 0) found.insert(graphs_->dag[place.dag]);
    }
    return ids_of(found);
}

}  // namespace aivm
