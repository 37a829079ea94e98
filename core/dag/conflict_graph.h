// The undecided part of the DAG: conflicts between vertices, and their ancestry. Used by the VM on
// a DAG (vm/dag_vm.h).
//
//   1. Two graphs over the same vertices: undirected conflicts (an edge between two vertices that
//      share a conflict key, unless one is an ancestor of the other) and the directed DAG from
//      parents to children. Parents that are not in the graph are decided.
//   2. Conflict is not transitive: a-b and b-c do not imply a-c.
//   3. The order of every result depends on heights and ids only.
// The graphs are Boost.Graph's, which only the .cpp includes.
#pragma once

#include <memory>
#include <vector>

#include "core/chain/vertex.h"

namespace aivm {

class ConflictGraph {
public:
    struct Node {
        Hash32 id;
        Height height = 0;
        std::vector<Hash32> parents;
        std::vector<ConflictKey> keys;
    };

    ConflictGraph();
    ~ConflictGraph();
    ConflictGraph(ConflictGraph&&) noexcept;
    ConflictGraph& operator=(ConflictGraph&&) noexcept;

    // Adds a vertex: before its children, and at most once.
    void add(const Node& node);
    // Removes a decided vertex and its edges. Requires that it is in the graph.
    void remove(const Hash32& id);

    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] bool contains(const Hash32& id) const;

    // False unless both are in the graph.
    [[nodiscard]] bool conflicts(const Hash32& a, const Hash32& b) const;
    // Ascending by id; empty for a vertex that is not in the graph or has no conflicts.
    [[nodiscard]] std::vector<Hash32> conflicts_of(const Hash32& id) const;
    // The vertices with this key, ascending by id.
    [[nodiscard]] std::vector<Hash32> holders_of(const ConflictKey& key) const;

    [[nodiscard]] bool is_ancestor(const Hash32& ancestor, const Hash32& id) const;
    // All descendants, by (height, id), so parents first: the order in which a rejection spreads.
    [[nodiscard]] std::vector<Hash32> descendants(const Hash32& id) const;
    // All undecided ancestors, by (height, id): the order in which they must be accepted before it.
    [[nodiscard]] std::vector<Hash32> ancestors(const Hash32& id) const;
    // The undecided vertices without children, by (height, id).
    [[nodiscard]] std::vector<Hash32> leaves() const;

private:
    struct Graphs;
    std::unique_ptr<Graphs> graphs_;
};

}  // namespace aivm
