// What makes a vertex valid, apart from conflicts. Every rule asks the vertex, its parents and
// genesis only, never what concurrent vertices did, so that all nodes come to the same verdict in
// whatever order they see things.
#pragma once

#include <vector>

#include "core/chain/vertex.h"
#include "core/state/state.h"
#include "core/state/transition.h"

namespace aivm {

// What a vertex takes over from a parent, which may be genesis.
struct ParentFacts {
    Height height = 0;
    TimestampNs timestamp_ns = 0;
    std::uint32_t epoch = 0;
};
ParentFacts facts_of(const Vertex& vertex);

// The parents' maxima: the floor for height, time and epoch of a child. Needs at least one.
ParentFacts highest(const std::vector<ParentFacts>& parents);

// Parents sorted and unique, limits kept, signed by its proposer for its slot; every operation
// authorised by its sender, a sender's nonces ascending, and no job submitted twice.
Status check_vertex_alone(const Vertex& vertex, const State& genesis, const Rules& rules);

// height = 1 + the highest parent's; time not before any parent's, with room left for a timeout;
// epoch the highest parent's or the one after it.
Status check_vertex_on_parents(const Vertex& vertex, const std::vector<ParentFacts>& parents,
                               const Rules& rules);

}  // namespace aivm
