// A slice: the ancestors of cut n that are not ancestors of cut n - 1, executed together as block
// n.
//
// Slice n is executed by the sequence of a chain's blocks (execution/block_run.h), at the cut's
// time and beacon, in the order (height, keccak(beacon || vertex id)), so that nobody can choose an
// id for its place. Whether a vertex is valid depends on it and its ancestors only; whether its
// operations succeed (given balances, nonces, seats) depends on the whole slice. An operation that
// is refused there is void: it changes nothing but its inclusion fee, and its vertex stays
// accepted.
#pragma once

#include <memory>
#include <set>
#include <vector>

#include "core/chain/vertex.h"
#include "core/execution/build.h"
#include "core/execution/execute.h"

namespace aivm {

struct VoidOperation {
    Hash32 vertex;
    OperationPtr operation;
    Error reason;
};

// A cut with everything that follows from it.
struct CutResult {
    VertexPtr cut;
    std::vector<VertexPtr> slice;  // without the cut, in the order of execution
    ExecutedPtr executed;          // under the cut's id, without a block; the batch is the state's
    std::vector<VoidOperation> voids;
    std::set<ConflictKey> effective;  // keys of operations that took effect
};
using CutResultPtr = std::shared_ptr<const CutResult>;

// The place of a vertex in its slice.
struct SliceRank {
    Height height = 0;
    Hash32 order;  // keccak(beacon || vertex id)
    friend auto operator<=>(const SliceRank&, const SliceRank&) = default;
};
void sort_slice(std::vector<VertexPtr>& slice, const Hash32& beacon);

// The header of a block that stands for a cut, without the roots after it.
BlockHeader block_header_of(const VertexHeader& header, const CutSeal& seal);

// Executes a slice above the state of the cut before, in the order of the vertices as they are
// given: sort_slice() makes the defined one. Fails only if a kernel fails: the machine is broken
// then, not a vertex.
struct SliceRun {
    Transition::Finished finished;
    std::vector<VoidOperation> voids;
    std::set<ConflictKey> effective;
};
Result<SliceRun> run_slice(const State& below, const BlockContext& context,
                           const std::vector<VertexPtr>& slice, const Rules& rules);

// Checks the cut against the state of the cut before it (time, beacon, roots) and executes its
// slice, whose vertices may be in any order. A pure function. The signature is not checked.
Result<CutResultPtr> execute_cut(const State& below, const VertexPtr& cut,
                                 std::vector<VertexPtr> slice, const Rules& rules);

// What remains to be said about a new cut: its seal follows from the request and the slice.
// `header` names everything else. Fails as execute_cut does.
Result<CutResultPtr> build_cut_on(const State& below, VertexHeader header,
                                  const BuildRequest& request, std::vector<VertexPtr> slice,
                                  const Rules& rules);

// Executes the cuts of a VM. Replicas of one simulated world can share an implementation that
// executes each cut once: the result follows from the cut.
class CutExecutor {
public:
    virtual ~CutExecutor() = default;
    virtual Result<CutResultPtr> execute(const State& below, const VertexPtr& cut,
                                         std::vector<VertexPtr> slice, const Rules& rules) = 0;
    // Notes a cut that was built here and therefore need not be executed again.
    virtual void remember(const CutResultPtr& built) = 0;
};

// Executes every cut itself.
class DirectCutExecutor final : public CutExecutor {
public:
    Result<CutResultPtr> execute(const State& below, const VertexPtr& cut,
                                 std::vector<VertexPtr> slice, const Rules& rules) override {
        return execute_cut(below, cut, std::move(slice), rules);
    }
    void remember(const CutResultPtr&) override {}
};

}  // namespace aivm
