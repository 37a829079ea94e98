// The VM on a DAG: what a node runs if consensus decides vertices one by one instead of blocks in a
// row. Consensus (a DAG engine in sim/consensus, a host, or a node that is alone) calls it.
//
//   1. verify() changes nothing but the set of undecided vertices, and that only on success. It
//      executes the slice of a cut, and nothing else.
//   2. accept() requires an undecided vertex whose parents are all accepted, and which follows
//   every
//      accepted vertex with which it shares a key. It is one atomic write, and nothing in memory
//      changes before it succeeded.
//   3. reject() concerns that vertex only. Its operations return to the queue, except submissions
//      whose job another vertex has taken.
//   4. The state is settled by cuts alone (dag/accepted_dag.h): a function of their sequence,
//      whatever the order in which vertices arrive. Between cuts a vertex is accepted, not settled.
//   5. Two vertices that share a conflict key (chain/vertex.h) conflict, unless one is an ancestor
//      of the other. Of vertices that conflict at most one is ever accepted.
//   6. What is refused with a final error depends on the vertex and its ancestors alone. Refusals
//      that depend on what else this node knows can pass: too_early, bad_parent, window_not_open,
//      limit_reached.
// Thread safety: one VM belongs to one thread. Every result is a function of the arguments and the
// store.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "core/config/limits.h"
#include "core/dag/accepted_dag.h"
#include "core/dag/conflict_graph.h"
#include "core/dag/vertex_rules.h"
#include "core/execution/block_run.h"
#include "core/vm/vm.h"

namespace aivm {

using VertexStatus = BlockStatus;

class DagVm final : public VmBase {
public:
    struct Setup {
        ExecutedPtr genesis;           // from make_genesis, with rules of a DAG
        const Rules* rules = nullptr;  // with DagPolicy
        CutExecutor* executor = nullptr;
        KeyValueStore* store = nullptr;
        MempoolLimits queue = {};
    };

    // Opens the DAG in the store, or starts from genesis if the store is empty. Everything that
    // `setup` points to must outlive the VM.
    static Result<DagVm> open(const Setup& setup);

    // Queues an operation after the checks that need no ordering: nonce, authorisation, a task's
    // fee and form, a job that no vertex has taken, its sender's balance, and room in the queue.
    Status submit(const OperationPtr& operation);
    // The same for one that succeeded in a trial, see forecast_run().
    Status submit_tried(const OperationPtr& operation);

    // ---- issuing ----
    struct BuildOptions {
        ValidatorIndex proposer;
        TimestampNs timestamp_ns = 0;
        std::size_t operations_max = kVertexOpsMax;
        std::function<Bytes(const Hash32& slot_message)> sign;
        std::function<bool(const OperationPtr&)> include;  // empty: everything
        // Without an operation to carry, fail with not_found instead of signing an empty vertex.
        bool needs_operations = false;
        // Receives the operations that were tried and refused and, as duplicates, those whose job
        // another vertex has taken, unless it is null.
        std::vector<LeftOut>* refused = nullptr;
        // How a validator that breaks no rule of vertices, but the discipline of issuing them,
        // makes conflicts: it stands on what is accepted and on its own vertices alone, and may
        // carry what undecided vertices of others carry.
        bool contests = false;
        // Carried whether they succeed or not, before all others.
        std::vector<OperationPtr> forced = {};
    };
    // Builds a vertex on the preferred frontier and keeps it as undecided. It includes operations
    // that succeed after everything that is accepted or preferred, and conflict with nothing. A
    // pure function of frontier, queue and options. The signature and the vertex are on disk before
    // it returns. Errors: window_not_open while an earlier vertex of this node is undecided and not
    // preferred (or waits to be issued again after a restart), limit_reached with
    // vertices_in_flight undecided ones, conflict for a sequence that another process has signed.
    Result<VertexPtr> build_vertex(const BuildOptions& options);
    // Builds the cut above the newest preferred one. Its parents are chosen so that its slice has
    // at most cut_vertices_max vertices. Errors: too_early before cut_due_ns(), and as above.
    Result<VertexPtr> build_cut(const BuildRequest& request);
    // The vertices that this node has signed and that are not decided, by sequence. After a restart
    // they must be issued again, and verified here again.
    [[nodiscard]] std::vector<VertexPtr> own_undecided() const;
    // When this validator may issue the next cut; nothing if it is not in the set.
    [[nodiscard]] std::optional<TimestampNs> cut_due_ns(ValidatorIndex proposer) const;
    // Whether a vertex built now could carry something: operations that the queue offers or holds
    // back for some cuts.
    [[nodiscard]] bool wants_vertex() const { return mempool_.has_work(); }
    // Whether the DAG needs another cut: a queued, accepted or preferred operation is not settled,
    // a window, deadline or draw runs, or receipts wait for their anchor.
    [[nodiscard]] bool wants_cut() const;

    // ---- deciding ----
    [[nodiscard]] static Result<VertexPtr> parse_vertex(ByteView sealed) {
        return Vertex::decode(sealed);
    }
    struct VerifyOptions {
        TimestampNs now_ns = 0;
        // The network has accepted the vertex (catch-up): neither time nor the discipline of its
        // proposer is a reason to refuse it.
        bool decided = false;
    };
    // Refusals that can pass: too_early (a time beyond the allowed skew; not if `decided`);
    // bad_parent (a parent is unknown, or rejected); window_not_open (a parent is a cut that is not
    // accepted yet, or the proposer's vertex before this one is known and not among its ancestors);
    // limit_reached (vertices_in_flight). All others are final: conflict (with an accepted vertex
    // that is no ancestor, or between its ancestors), and those of dag/vertex_rules.h and of
    // execute_cut.
    Status verify(const VertexPtr& vertex, const VerifyOptions& options);
    // Whether accept() would succeed, but for its write.
    [[nodiscard]] Status check_acceptable(const Hash32& id) const;
    Status accept(const Hash32& id);
    Status reject(const Hash32& id);

    // New vertices are built on these vertices and on the accepted frontier beside them. Requires
    // that they are verified or accepted, and that neither they nor their ancestors conflict.
    Status set_preference(const std::vector<Hash32>& ids);
    // The preferred and accepted vertices that a new vertex may name and that have no such
    // descendants, by descending height, then by id. Undecided cuts are among them only if asked
    // for, since no vertex but a cut names them.
    enum class UndecidedCuts : std::uint8_t { kLeaveOut, kInclude };
    [[nodiscard]] Result<std::vector<Hash32>> preferred_frontier(
        UndecidedCuts cuts = UndecidedCuts::kLeaveOut) const;

    // ---- reading ----
    [[nodiscard]] Result<VertexStatus> status(const Hash32& id) const;
    // The number of the cut that has settled an accepted vertex; nothing before.
    [[nodiscard]] Result<std::optional<std::uint64_t>> settled_by(const Hash32& id) const;
    // Undecided and accepted vertices; not_found for all others.
    [[nodiscard]] Result<VertexPtr> get_vertex(const Hash32& id) const;
    // The jobs of a vertex, and the undecided vertices with which it conflicts.
    [[nodiscard]] Result<std::vector<ConflictKey>> txs(const Hash32& id) const;
    [[nodiscard]] std::vector<Hash32> conflicts(const Hash32& id) const {
        return graph_.conflicts_of(id);
    }
    [[nodiscard]] const ConflictGraph& undecided() const { return graph_; }
    [[nodiscard]] std::size_t processing_count() const { return processing_.size(); }
    // By id.
    [[nodiscard]] std::vector<VertexPtr> undecided_vertices() const;
    // The result of an undecided cut that was verified here; null for others.
    [[nodiscard]] CutResultPtr result_of(const Hash32& cut) const;
    // Of the last accepted cut; null after opening, before one is accepted.
    [[nodiscard]] const CutResultPtr& last_result() const { return last_result_; }

    [[nodiscard]] const std::set<Hash32>& accepted_frontier() const { return accepted_.frontier(); }
    [[nodiscard]] const AcceptedDag& accepted() const { return accepted_; }
    // Settled by the last cut, whose number is its height.
    [[nodiscard]] const State& state() const { return accepted_.state(); }
    // After the newest preferred cut, on which the next one is built.
    [[nodiscard]] const State& preferred_state() const;
    [[nodiscard]] std::uint64_t last_cut_number() const { return state().head.height; }
    // Whether a vertex has taken the job: it is accepted and not settled, or it took effect.
    [[nodiscard]] Result<bool> job_is_taken(const ConflictKey& key) const;
    // The state after everything that is accepted, and after the preferred vertices, if the next
    // cut settled that now. The order of the slice is not known before its beacon, so this is a
    // forecast.
    [[nodiscard]] Result<State> forecast(TimestampNs now_ns) const;
    // The same before its end: for trying further operations against it.
    [[nodiscard]] BlockRun forecast_run(TimestampNs now_ns) const;

private:
    DagVm(const Setup& setup, AcceptedDag accepted);
    class Builder;

    struct LineEntry {
        std::uint64_t sequence = 0;
        Hash32 vertex;
        friend auto operator<=>(const LineEntry&, const LineEntry&) = default;
    };

    [[nodiscard]] const DagPolicy& policy() const { return *setup_.rules->parameters.dag; }
    Status load_own();
    Status check_new(const SignedOperation& operation) const;
    Status check_parents(const Vertex& vertex) const;
    // Checks the epoch; returns the address of the proposer in its set.
    Result<Address> signer_of(const Vertex& vertex) const;
    Status check_line(const Vertex& vertex, bool decided) const;
    Status check_in_flight(ValidatorIndex proposer) const;
    // Fails if another accepted vertex holds a key of this one, or if its undecided ancestors
    // conflict with each other.
    Status check_conflicts(const Vertex& vertex) const;
    Status check_keys_free(const Vertex& vertex) const;
    Result<CutResultPtr> check_cut(const VertexPtr& cut) const;
    // Whether `target` (undecided or accepted) is an ancestor of a vertex with these parents.
    [[nodiscard]] Result<bool> descends_from(const Hash32& target,
                                             const std::vector<Hash32>& parents) const;
    // The newest cut among these ids and their undecided ancestors; the last accepted one if there
    // is none.
    [[nodiscard]] Hash32 newest_cut(const std::set<Hash32>& undecided) const;
    // The state after this cut (accepted last, or undecided).
    [[nodiscard]] const State& state_after(const Hash32& cut) const;
    // The cut before, on which this one stands. Fails with conflict if another one was accepted.
    [[nodiscard]] Result<Hash32> base_of(const Vertex& cut) const;
    // What a cut above `base` with these parents settles, in no order. Fails with limit_reached if
    // there are more than `limit`.
    [[nodiscard]] Result<std::vector<VertexPtr>> slice_above(const Hash32& base,
                                                             const std::vector<Hash32>& parents,
                                                             std::size_t limit) const;
    // The vertices that the undecided cuts from `base` down settle.
    [[nodiscard]] std::set<Hash32> settled_by_undecided(Hash32 base) const;
    [[nodiscard]] Result<std::vector<Hash32>> choose_cut_parents(
        const Hash32& base, const std::set<Hash32>& past) const;
    // Fails while a vertex that this node signed before a restart is not verified here again.
    Status check_own_are_here() const;
    // The preferred vertices, and this node's newest one unless it conflicts with them.
    [[nodiscard]] Result<std::set<Hash32>> wanted_past(ValidatorIndex self) const;
    // This node's newest vertex alone, with its undecided ancestors.
    [[nodiscard]] std::set<Hash32> own_past(ValidatorIndex self) const;
    // The newest undecided or unsettled vertex of the proposer that is no cut.
    [[nodiscard]] std::optional<Hash32> line_end(ValidatorIndex proposer) const;
    [[nodiscard]] Result<std::vector<Hash32>> frontier_of(const std::set<Hash32>& past,
                                                          UndecidedCuts cuts) const;
    [[nodiscard]] std::vector<VertexPtr> forecast_slice(const std::set<Hash32>& past) const;
    [[nodiscard]] BlockContext forecast_context(TimestampNs now_ns) const;
    Status keep_own(const VertexPtr& vertex);
    // What the builder tried and refused, and what can never be accepted any more.
    void note_left_out(const Builder& builder);

    // The undecided ones among these vertices, and all undecided ancestors of them.
    [[nodiscard]] std::set<Hash32> undecided_past(const std::vector<Hash32>& ids) const;
    [[nodiscard]] Status check_compatible(const std::set<Hash32>& undecided) const;
    [[nodiscard]] Result<ParentFacts> parent_facts(const Hash32& id) const;
    void admit(const VertexPtr& vertex, CutResultPtr result = nullptr);
    void forget(const Vertex& vertex);
    void forget_own(const Vertex& vertex, WriteBatch& batch) const;
    void note_settled(const CutResult& result);
    void requeue(const Vertex& vertex);
    void add_to_line(const Vertex& vertex);
    void drop_from_line(const Vertex& vertex);

    Setup setup_;
    AcceptedDag accepted_;
    ConflictGraph graph_;
    std::map<Hash32, VertexPtr> processing_;
    std::map<Hash32, CutResultPtr> results_;  // of undecided cuts
    CutResultPtr last_result_;
    // The undecided vertices that carry operations of a sender.
    std::map<Address, std::set<Hash32>> senders_;
    std::set<Hash32> preferred_;
    // Undecided and unsettled vertices of each proposer, without cuts.
    std::map<ValidatorIndex, std::set<LineEntry>> lines_;
    std::map<ValidatorIndex, std::uint32_t> in_flight_;  // undecided, with cuts
    // Nonces in accepted vertices that no cut has settled.
    std::map<std::pair<Address, Lane>, std::uint64_t> accepted_nonces_;
    std::map<std::uint64_t, VertexPtr> own_;  // undecided, by sequence
};

}  // namespace aivm
