// Vertices as a Byzantine validator of a DAG could send them: one that it built, or a cut, changed
// and signed again, with what a correct node must say of each. All have canonical bytes, since
// others never arrive as a vertex.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "core/chain/vertex.h"
#include "core/state/rules.h"

namespace aivm::sim {

// A vertex that its proposer has built, and what it needs to make another one for the slot.
struct OwnVertex {
    const Vertex& built;
    const Rules& rules;
    const std::function<Bytes(const Hash32& slot_message)>& sign;
};

struct VertexMutation {
    std::string_view name;
    // What DagVm::verify answers; nothing: the vertex is valid, only another one than the first.
    std::optional<ErrorCode> refused_with;
    // Null where it does not apply: only a cut has roots, only another vertex has operations.
    VertexPtr (*apply)(const OwnVertex& own);
};
std::span<const VertexMutation> vertex_mutations();

}  // namespace aivm::sim
