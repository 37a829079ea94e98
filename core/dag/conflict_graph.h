// The undecided part of the DAG: which vertices contest which others, and which stand on which.
//
//   1. Two graphs over the same vertices: undirected conflicts (one edge for two vertices that
//      share a job key) and the directed DAG from parents to children. Parents that are not here
//      are decided.
//   2. Conflicts are a graph and no equivalence: a-b and b-c do not make a-c.
//   3. Every answer is in an order that depends on heights and ids only.
// The graphs are Boost.Graph's, which stays in the .cpp.
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
        std::vector<JobKey> jobs;
    };

    ConflictGraph();
    ~ConflictGraph();
    ConflictGraph(ConflictGraph&&) noexcept;
    ConflictGraph& operator=(ConflictGraph&&) noexcept;

    // A vertex enters before its children and at most once.
    void add(const Node& node);
    void add(const Vertex& vertex) {
        add({vertex.id(), vertex.height(), vertex.parents(), vertex.jobs()});
    }
    // Decided: its edges go with it. It must be here.
    void remove(const Hash32& id);

    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] bool contains(const Hash32& id) const;

    // Both must be here for the answer to be true.
    [[nodiscard]] bool conflicts(const Hash32& a, const Hash32& b) const;
    // Ascending by id; empty for a vertex that is not here or not contested.
    [[nodiscard]] std::vector<Hash32> conflicts_of(const Hash32& id) const;
    // Who holds this key, ascending by id.
    [[nodiscard]] std::vector<Hash32> holders_of(const JobKey& job) const;

    // All that stand on it, by (height, id), so parents first: the order in which a rejection
    // spreads.
    [[nodiscard]] std::vector<Hash32> descendants(const Hash32& id) const;
    // All undecided ones that it stands on, by (height, id): the order in which they must be
    // accepted before it.
    [[nodiscard]] std::vector<Hash32> ancestors(const Hash32& id) const;
    // The undecided vertices without children, by (height, id).
    [[nodiscard]] std::vector<Hash32> leaves() const;

private:
    struct Graphs;
    std::unique_ptr<Graphs> graphs_;
};

}  // namespace aivm
