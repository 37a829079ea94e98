// The DAG of a run as rows: every vertex that any validator had, every pair in conflict, and every
// cut, with the times at which the first correct validator decided them.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "core/vm/dag_vm.h"
#include "sim/engine/time.h"
#include "sim/record/row_sink.h"

namespace aivm::sim {

// Over the vertices with operations; cuts are left out.
struct DagFigures {
    std::vector<double> accepted_s;   // from issue to acceptance, sorted
    std::vector<double> settled_s;    // from issue to settlement, sorted
    std::vector<double> contested_s;  // of each decided conflict, from its beginning, sorted
    std::uint64_t vertices = 0;
    std::uint64_t rejected = 0;
    std::uint64_t orphaned = 0;   // of the rejected: no rival of it was accepted, but an ancestor's
    std::uint64_t conflicts = 0;  // cuts included
};

class DagRecord {
public:
    // `policy`: of the DAG's rules; says which keys vertices in conflict share.
    explicit DagRecord(ConflictKeyPolicy policy) : policy_(policy) {}

    // A validator has the vertex as undecided; `vm` knows with what it conflicts.
    void verified(const DagVm& vm, const Vertex& vertex, SimTime now);
    // By a correct validator.
    void accepted(const Vertex& vertex, SimTime now);
    void rejected(const Vertex& vertex, SimTime now);
    void settled(const CutResult& result, SimTime now);

    // Whether a known vertex conflicts, or conflicted, with this one.
    [[nodiscard]] bool is_contested(const Hash32& vertex) const {
        const auto found = numbers_.find(vertex);
        return found != numbers_.end() && conflicts_of_.contains(found->second);
    }

    void write(RowSink& sink) const;
    [[nodiscard]] DagFigures figures() const;

private:
    // Whether a rival of it was accepted.
    [[nodiscard]] bool has_lost(std::uint32_t vertex) const;
    // Decides the conflicts of this vertex that are open.
    void decide(std::uint32_t vertex, SimTime now);

    // The first key that two vertices share, in the order of the first one's; empty if the other
    // one is unknown.
    [[nodiscard]] ConflictKey shared_key(const DagVm& vm, const Vertex& a, const Hash32& b) const;

    ConflictKeyPolicy policy_;
    std::map<Hash32, std::uint32_t> numbers_;
    std::vector<VertexRow> vertices_;
    std::vector<CutRow> cuts_;
    std::vector<ConflictRow> conflicts_;
    std::set<std::pair<std::uint32_t, std::uint32_t>> known_;         // pairs in conflict
    std::map<std::uint32_t, std::vector<std::size_t>> conflicts_of_;  // by vertex
};

}  // namespace aivm::sim
