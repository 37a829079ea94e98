// The VM of a DAG as a consensus host sees it: vertices, over a DagNode, with the life cycle of
// hosted_vm.h. `aivmsim serve --consensus dag` is such a host, for a DAG with one validator.
//
//   1. Vertices go Unknown -> Processing -> {Accepted, Rejected}: verify after the parents were
//      verified, accept after the parents were accepted, reject after a parent was decided.
//   2. Accepted is not settled: a cut, which is a vertex too, settles what stands below it.
#pragma once

#include "core/service/dag_node.h"
#include "core/service/hosted_vm.h"

namespace aivm {

class VertexVm;

// A vertex as the host handles it, published as AIVertex: its contents, and the calls by which the
// host decides it. The VM must outlive it.
class HostedVertex {
public:
    [[nodiscard]] const Hash32& id() const { return vertex_->id(); }
    // The canonical encoding, which parse_vertex accepts.
    [[nodiscard]] Bytes bytes() const { return vertex_->encode(); }
    [[nodiscard]] Height height() const { return vertex_->height(); }
    [[nodiscard]] std::uint32_t epoch() const { return vertex_->epoch(); }
    [[nodiscard]] const std::vector<Hash32>& parents() const { return vertex_->parents(); }
    // The jobs, which are its conflict keys under the published policy.
    [[nodiscard]] const std::vector<ConflictKey>& txs() const { return vertex_->jobs(); }
    [[nodiscard]] const Vertex& contents() const { return *vertex_; }
    [[nodiscard]] Result<VertexStatus> status() const;
    // The number of the cut that has settled it; nothing before.
    [[nodiscard]] Result<std::optional<std::uint64_t>> settled_by() const;

    Status verify(const DagVm::VerifyOptions& options) const;
    Status accept() const;
    Status reject() const;

    // As published: whether the two are different and share a job.
    [[nodiscard]] bool conflicts(const HostedVertex& other) const {
        return vertex_->conflicts(*other.vertex_);
    }
    // The published check against the interface of consensus, which knows ids: that of conflicts().
    [[nodiscard]] Result<bool> conflicts_vertex(const Hash32& other) const;
    // The undecided vertices of which at most one can be accepted beside it: those that share a
    // conflict key and are neither ancestors nor descendants.
    [[nodiscard]] Result<std::vector<Hash32>> rivals() const;

private:
    friend class VertexVm;
    HostedVertex(VertexVm& vm, VertexPtr vertex) : vm_(&vm), vertex_(std::move(vertex)) {}

    VertexVm* vm_;
    VertexPtr vertex_;
};

class VertexVm final : public HostedVm {
public:
    // Builds on the preferred frontier. Errors: wrong_state outside normal operation; not_found if
    // no operation waits; those of DagVm::build_vertex.
    Result<HostedVertex> build_vertex(TimestampNs now_ns);
    // Builds the next cut. Errors: wrong_state outside normal operation; not_found if none is
    // wanted; those of DagVm::build_cut.
    Result<HostedVertex> build_cut(TimestampNs now_ns);
    // What was signed here before a restart and is not decided: verified again, to be issued again.
    Result<std::vector<HostedVertex>> reissue(TimestampNs now_ns);
    Result<HostedVertex> parse_vertex(ByteView bytes);
    // Verified and accepted vertices; not_found for all others, and for genesis.
    Result<HostedVertex> get_vertex(const Hash32& id);
    // The cut with this number; 0 is genesis.
    [[nodiscard]] Result<Hash32> cut_at(std::uint64_t number) const;
    [[nodiscard]] Result<std::vector<Hash32>> frontier() const;            // accepted
    [[nodiscard]] Result<std::vector<Hash32>> preferred_frontier() const;  // undecided cuts too
    Status set_preference(const std::vector<Hash32>& ids);
    // For a host that is the only validator: a vertex if operations wait, and a cut if one is due.
    // Errors: not_found if there is nothing to do yet, wrong_state if there are other validators.
    Status decide_next(TimestampNs now_ns);

    Result<TimestampNs> decide_if_due(TimestampNs now_ns, std::uint64_t block_interval_ns) override;
    Status flush(TimestampNs now_ns) override;

    // The underlying node; null before initialize and after shutdown.
    [[nodiscard]] DagNode* node() { return node_.get(); }

private:
    friend class HostedVertex;
    Result<NodeBase*> open_node(const NodeSetup& setup) override;
    void close_node() override { node_.reset(); }
    [[nodiscard]] bool wants_work() const override;

    std::unique_ptr<DagNode> node_;
};

}  // namespace aivm
