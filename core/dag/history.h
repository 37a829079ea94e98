// The accepted vertices and the state that follows from them. Used by the VM on a DAG
// (vm/dag_vm.h), which no simulation runs yet.
//
// The state is a function of the accepted set alone. Vertices are executed in the total order
// (height, id), one slice per height. Nodes accept concurrent vertices in different orders, so a
// vertex may arrive below the tip: the state then returns to the snapshot below its height, and the
// slices from there up are executed again. Snapshots are values that share memory, so returning to
// one is free and only the slices above it cost anything. Equal accepted sets therefore lead to
// equal states, chained roots and stores, whatever the order of arrival.
//
//   1. Every height from 1 to the tip has an accepted vertex: parents are accepted before their
//      children.
//   2. plan() changes nothing; commit() cannot fail. Between the two the caller writes the plan's
//      batch.
//   3. The last kSlicesKept slices stay in memory. A vertex below them means execution from
//   genesis,
//      which is slow but correct.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "core/dag/slice.h"
#include "core/execution/execute.h"
#include "core/state/store.h"

namespace aivm {

class History {
public:
    static constexpr Height kSlicesKept = 80;

    struct Setup {
        ExecutedPtr genesis;
        const Rules* rules = nullptr;
        SliceExecutor* executor = nullptr;
        KeyValueStore* store = nullptr;
    };
    // Opens the history in the store, or writes genesis to an empty one. Fails on a store of
    // another genesis.
    static Result<History> open(const Setup& setup);

    // The effects of accepting one vertex. Requires that its parents are accepted and it is not.
    struct Plan {
        VertexPtr vertex;
        std::vector<SlicePtr> slices;  // executed, from the vertex's height upwards
        std::set<Hash32> frontier;
        // State delta, vertex bytes, order, job index and tip.
        std::shared_ptr<const WriteBatch> batch;
    };
    [[nodiscard]] Result<Plan> plan(const VertexPtr& vertex) const;
    void commit(const Plan& plan);

    [[nodiscard]] Height tip_height() const { return state_.head.height; }
    [[nodiscard]] const State& state() const { return state_; }
    // Accepted vertices (or genesis) without accepted children.
    [[nodiscard]] const std::set<Hash32>& frontier() const { return frontier_; }
    [[nodiscard]] const Hash32& genesis_id() const { return setup_.genesis->id; }
    [[nodiscard]] const State& genesis_state() const { return setup_.genesis->state; }

    // Genesis counts as accepted but is not a vertex: vertex() fails with kNotFound for it, as for
    // every vertex that is not accepted.
    [[nodiscard]] Result<bool> contains(const Hash32& id) const;
    [[nodiscard]] Result<VertexPtr> vertex(const Hash32& id) const;
    [[nodiscard]] Result<std::optional<Hash32>> taker_of(const JobKey& job) const;
    // The accepted vertices of one height, ascending by id; none above the tip.
    [[nodiscard]] Result<std::vector<VertexPtr>> vertices_at(Height height) const;
    // The slice, or null if it is no longer in memory.
    [[nodiscard]] SlicePtr kept_slice(Height height) const;
    // The state after all slices up to `height`, which is at most the tip.
    [[nodiscard]] Result<State> state_after(Height height) const;

private:
    explicit History(const Setup& setup) : setup_(setup) {}
    Status load_tip(ByteView record);
    [[nodiscard]] Result<std::set<Bytes>> keys_above(Height height) const;
    [[nodiscard]] WriteBatch delta(const std::vector<SlicePtr>& slices,
                                   std::set<Bytes> touched) const;

    Setup setup_;
    State state_;
    std::set<Hash32> frontier_;
    mutable std::map<Height, SlicePtr>
        kept_;  // a cache; slices that were executed again are kept too
};

// The key under which the job index holds the accepted vertex that took the job.
Bytes job_index_key(const JobKey& job);

}  // namespace aivm
