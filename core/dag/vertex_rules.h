// The rules by which a vertex is valid, apart from conflicts and its proposer's line. They depend
// on the vertex, its parents and genesis only, never on concurrent vertices, so all nodes reach the
// same verdict in whatever order vertices arrive. Used by the VM on a DAG (vm/dag_vm.h).
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
    std::uint64_t cut = 0;  // the newest that a child has among its ancestors
    bool is_cut = false;    // genesis counts as cut 0
};
ParentFacts facts_of(const Vertex& vertex);

// The maxima over the parents: lower bounds for height and time of a child, and the newest cut
// among its ancestors. `is_cut` says whether a parent is that cut. Requires at least one parent.
ParentFacts highest(const std::vector<ParentFacts>& parents);

// Checks that parents are sorted and unique, that limits are kept, and that the vertex has a
// sequence.
Status check_vertex_form(const Vertex& vertex);

// Checks that the signer has signed the vertex for its slot, that every operation is authorised by
// its sender, that the nonces of a sender ascend in each lane, and that no job is submitted twice.
Status check_vertex_signed(const Vertex& vertex, const Address& signer, const Rules& rules);

// Checks that the height is one above the highest parent's, that the time is not before any
// parent's and leaves room for a timeout, and that the vertex names the newest cut among its
// ancestors: a cut itself that cut's successor, of which it must be a child.
Status check_vertex_on_parents(const Vertex& vertex, const std::vector<ParentFacts>& parents,
                               const Rules& rules);

}  // namespace aivm
