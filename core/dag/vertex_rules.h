// The rules by which a vertex is valid, apart from conflicts. They depend on the vertex, its
// parents and genesis only, never on concurrent vertices, so all nodes reach the same verdict in
// whatever order vertices arrive. Used by the VM on a DAG (vm/dag_vm.h), which no simulation runs
// yet.
#pragma once

#include <vector>

#include "core/chain/vertex.h"
#include "core/state/state.h"
#include "core/state/transition.h"

namespace aivm {

// The facts about a parent, possibly genesis, that bound its children.
struct ParentFacts {
    Height height = 0;
    TimestampNs timestamp_ns = 0;
    std::uint32_t epoch = 0;
};
ParentFacts facts_of(const Vertex& vertex);

// The maxima over the parents: lower bounds for height, time and epoch of a child. Requires at
// least one parent.
ParentFacts highest(const std::vector<ParentFacts>& parents);

// Checks that parents are sorted and unique, limits are kept, the proposer has signed it for its
// slot, every operation is authorised by its sender, the nonces of a sender ascend in each lane,
// and no job is submitted twice.
Status check_vertex_alone(const Vertex& vertex, const State& genesis, const Rules& rules);

// Checks that the height is one above the highest parent's, that the time is not before any
// parent's and leaves room for a timeout, and that the epoch is the highest parent's or the next.
Status check_vertex_on_parents(const Vertex& vertex, const std::vector<ParentFacts>& parents,
                               const Rules& rules);

}  // namespace aivm
