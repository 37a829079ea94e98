// A slice: all accepted vertices of one height, executed together in ascending order of id, as one
// step of the state.
//
// Slice h of the DAG is to the state what block h is to a chain: it has the height, the timers due
// at it, the operations, the timeouts and the kernel round. Its time is the latest of its vertices'
// (and never before the slice below); its beacon is keccak(beacon below || sha256(ids in order)).
//
// A vertex is valid or not by what it and its ancestors say. What its operations then find (a
// balance, a nonce, a seat) also depends on concurrent vertices, so an operation that is refused
// when its turn comes is void: it changes nothing, and the vertex stays.
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

// Puts vertices of one height in their order.
void sort_by_id(std::vector<VertexPtr>& vertices);

// The moment at which a slice of these vertices is applied on the state below it. Needs at least
// one vertex.
BlockContext slice_context(const State& below, const std::vector<VertexPtr>& vertices);

// Executes one slice: every vertex has the height above the state's, in ascending order of id.
// Fails only when a kernel does, which is a broken machine and no broken vertex.
Result<SlicePtr> execute_slice(const State& below, std::vector<VertexPtr> vertices,
                               const Rules& rules);

// How a VM has its slices executed. Replicas of one simulated world can share an implementation
// that computes each slice once: its result follows from the root of the state below and the ids of
// its vertices.
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
