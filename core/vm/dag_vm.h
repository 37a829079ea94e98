// The VM on a DAG: what a node runs if consensus decides vertices one by one instead of blocks in a
// row. Only tests call it so far: no consensus engine of the simulator decides vertices yet. A DAG
// engine in sim/consensus is its intended caller.
//
//   1. verify() is pure: it reads the vertex, its parents and the job index, executes nothing, and
//      keeps the vertex as undecided on success and nothing on failure. Its verdict does not depend
//      on what concurrent vertices do.
//   2. accept() requires an undecided vertex whose parents are all accepted and none of whose jobs
//   is
//      taken. It is one atomic write, and nothing in memory changes before it succeeded.
//   3. reject() concerns that vertex only. Its operations return to the queue unless their job has
//      been taken.
//   4. The state is that of all accepted vertices executed in the total order (height, id), in
//      whatever order they arrived; see dag/history.h. Which operations are void can therefore
//      change while vertices may still arrive below the tip. From settled_height() down it cannot,
//      because verify() refuses new vertices there.
//   5. Conflict keys are job keys (chain/vertex.h). At most one accepted vertex ever has a given
//   key.
// Thread safety: one VM belongs to one thread. Every result is a function of the arguments and the
// store.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "core/config/limits.h"
#include "core/dag/conflict_graph.h"
#include "core/dag/history.h"
#include "core/dag/vertex_rules.h"
#include "core/vm/vm.h"

namespace aivm {

using VertexStatus = BlockStatus;

class DagVm final : public VmBase {
public:
    using Setup = History::Setup;

    // A vertex this far below the tip is too late, unless the network has accepted it already.
    static constexpr Height kLateHeights = 64;
    static_assert(kLateHeights < History::kSlicesKept,
                  "a vertex that may still arrive never needs a replay from genesis");

    // Opens the chain in the store, or starts from genesis if the store is empty. Everything that
    // `setup` points to must outlive the VM.
    static Result<DagVm> open(const Setup& setup);

    // Queues an operation after the checks that need no ordering: a job that is not taken, nonce,
    // authorisation, a task's fee and form, its sender's balance, and room in the queue.
    Status submit(const OperationPtr& operation);

    struct BuildOptions {
        ValidatorIndex proposer;
        TimestampNs timestamp_ns = 0;
        std::size_t operations_max = kVertexOpsMax;
        std::function<Bytes(const Hash32& slot_message)> sign;
        std::function<bool(const OperationPtr&)> include;  // empty: everything
    };
    // Builds a vertex on the preferred frontier and keeps it as undecided. It includes only
    // operations that succeed there and conflict with no undecided vertex. A pure function of
    // frontier, queue and options. Fails with kConflict for a height that this node has signed
    // before, across restarts too, so that an honest node never equivocates.
    Result<VertexPtr> build_vertex(const BuildOptions& options);

    [[nodiscard]] static Result<VertexPtr> parse_vertex(ByteView sealed) {
        return Vertex::decode(sealed);
    }

    struct VerifyOptions {
        TimestampNs now_ns = 0;
        // Bootstrapping: the network has accepted the vertex, so it cannot be too early or too
        // late.
        bool decided = false;
    };
    // Errors: kTooEarly (retry later), kBadParent (unknown or rejected), kWindowClosed (too late),
    // kConflict (with an accepted vertex, its own ancestors, or between these), and those of
    // dag/vertex_rules.h.
    Status verify(const VertexPtr& vertex, const VerifyOptions& options);
    Status accept(const Hash32& id);
    Status reject(const Hash32& id);

    // New vertices are built on these vertices and on the accepted frontier beside them. Requires
    // that they are verified or accepted, and that neither they nor their ancestors conflict.
    Status set_preference(const std::vector<Hash32>& ids);
    // The parents of a vertex built now, before the limit on their number: by descending height,
    // then by id.
    [[nodiscard]] Result<std::vector<Hash32>> preferred_frontier() const;

    [[nodiscard]] Result<VertexStatus> status(const Hash32& id) const;
    // Undecided and accepted vertices; not_found for all others.
    [[nodiscard]] Result<VertexPtr> get_vertex(const Hash32& id) const;
    // The jobs of a vertex, and the undecided vertices that contest them.
    [[nodiscard]] Result<std::vector<JobKey>> txs(const Hash32& id) const;
    [[nodiscard]] std::vector<Hash32> conflicts(const Hash32& id) const {
        return graph_.conflicts_of(id);
    }
    [[nodiscard]] const ConflictGraph& undecided() const { return graph_; }
    [[nodiscard]] std::size_t processing_count() const { return processing_.size(); }

    [[nodiscard]] const std::set<Hash32>& accepted_frontier() const { return history_.frontier(); }
    [[nodiscard]] const History& history() const { return history_; }
    [[nodiscard]] const State& state() const { return history_.state(); }
    [[nodiscard]] Height tip_height() const { return history_.tip_height(); }
    [[nodiscard]] Height settled_height() const;
    // Whether a vertex built now would have something to do: queued operations, or settlements and
    // draws in waiting.
    [[nodiscard]] bool wants_vertex() const;

private:
    DagVm(const Setup& setup, History history);
    class Builder;

    Status check_parents(const Vertex& vertex) const;
    Status check_late(const Vertex& vertex) const;
    // Fails if a job of the vertex is taken, or if it and its undecided ancestors conflict.
    Status check_conflicts(const Vertex& vertex) const;
    Status check_jobs_free(const Vertex& vertex) const;
    // The undecided ones among these vertices, and all undecided ancestors of them.
    [[nodiscard]] std::set<Hash32> undecided_past(const std::vector<Hash32>& ids) const;
    [[nodiscard]] Status check_compatible(const std::set<Hash32>& undecided) const;
    [[nodiscard]] Result<ParentFacts> parent_facts(const Hash32& id) const;
    void admit(const VertexPtr& vertex);
    void forget(const Vertex& vertex);
    void requeue(const Vertex& vertex);
    // The state at the settled height. After a restart it is that of genesis until enough vertices
    // were accepted: older, and therefore still safe.
    [[nodiscard]] const State& settled_state() const;

    Setup setup_;
    History history_;
    ConflictGraph graph_;
    std::map<Hash32, VertexPtr> processing_;
    // The senders of undecided operations, with the vertices that carry these.
    std::map<Address, std::set<Hash32>> senders_;
    std::set<Hash32> preferred_;
};

}  // namespace aivm
