// A slice: all accepted vertices of one height, executed together in ascending order of id, as one
// step of the state. Used by the VM on a DAG (vm/dag_vm.h), which no simulation runs yet.
//
// Slice h corresponds to block h of a chain and is executed by the same sequence
// (execution/block_run.h). Its time is the latest of its vertices' times, and never before the
// slice below; its beacon is keccak(beacon below || sha256(ids in order)).
//
// Whether a vertex is valid depends on it and its ancestors only. Whether its operations succeed
// (given balances, nonces, seats) also depends on concurrent vertices. An operation that is refused
// during execution is therefore void: it changes nothing, and the vertex stays accepted.
#pragma once

#include <memory>
#include <vector>

#include "core/chain/vertex.h"
#include "core/state/event.h"
#include "core/state/state.h"
#include "core/state/transition.h"
#include "core/state/write_batch.h"

namespace aivm {

struct VoidOperation {
    Hash32 vertex;
    OperationPtr operation;
    Error reason;
};

struct Slice {
    std::vector<VertexPtr> vertices;  // of one height, ascending by id
    State state;                      // after it
    std::vector<VmEvent> events;
    std::vector<VoidOperation> voids;
    std::shared_ptr<const WriteBatch> batch;  // the state's delta alone
};
using SlicePtr = std::shared_ptr<const Slice>;

// Puts vertices of one height into the order of execution.
void sort_by_id(std::vector<VertexPtr>& vertices);

// Height, time and beacon of a slice of these vertices above this state. Requires at least one
// vertex.
BlockContext slice_context(const State& below, const std::vector<VertexPtr>& vertices);

// Executes one slice. Requires that every vertex has the height above the state's, in ascending
// order of id. Fails only if a kernel fails: the machine is broken then, not a vertex.
Result<SlicePtr> execute_slice(const State& below, std::vector<VertexPtr> vertices,
                               const Rules& rules);

// Executes the slices of a VM. Replicas of one simulated world can share an implementation that
// computes each slice once: the result follows from the root of the state below and the ids of the
// vertices.
class SliceExecutor {
public:
    virtual ~SliceExecutor() = default;
    virtual Result<SlicePtr> execute(const State& below, std::vector<VertexPtr> vertices,
                                     const Rules& rules) = 0;
};

// Executes every slice itself.
class DirectSliceExecutor final : public SliceExecutor {
public:
    Result<SlicePtr> execute(const State& below, std::vector<VertexPtr> vertices,
                             const Rules& rules) override {
        return execute_slice(below, std::move(vertices), rules);
    }
};

}  // namespace aivm
