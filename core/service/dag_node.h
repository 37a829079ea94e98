// A node of a DAG: the VM on a DAG with what NodeBase adds to it. Alone, it issues and accepts its
// vertices and cuts itself (advance, flush, decide_alone); a hosted node leaves it to a consensus
// host (vertex_vm.h) when to build and what to accept.
//
//   1. Alone, it issues a vertex when operations wait, and a cut when one is wanted and due. Each
//   is
//      one atomic write, which includes the record that it was signed.
//   2. What a client is shown is settled, or says that it is not (finality_of).
#pragma once

#include <set>

#include "core/service/node_base.h"
#include "core/vm/dag_vm.h"

namespace aivm {

class DagNode final : public NodeBase {
public:
    // Opens the DAG in the store, or creates one. Without DagPolicy in the setup's parameters they
    // are the default ones, with the block interval as the interval of cuts. Fails on a store of
    // another genesis or seed, or of a chain.
    static Result<std::unique_ptr<DagNode>> open(const NodeSetup& setup);

    // Issues and accepts what is due.
    Status advance(TimestampNs now_ns) override;
    // Issues and accepts a vertex with everything that is queued: before the node is closed.
    Status flush(TimestampNs now_ns);

    // ---- for a consensus host, which decides vertices ----
    // For the only validator: one vertex if operations wait, and a cut if one is wanted and due.
    // Fails with wrong_state if there are other validators, and with not_found if there is nothing
    // to do yet.
    Status decide_alone(TimestampNs now_ns);
    // Built on the preferred frontier, and processing like a vertex that was verified. Fails with
    // not_found if no queued operation can be carried now.
    Result<VertexPtr> build_vertex(TimestampNs now_ns);
    Result<VertexPtr> build_cut(TimestampNs now_ns);
    // Those that were signed here before a restart and are not decided. They are verified again,
    // and must be issued again.
    Result<std::vector<VertexPtr>> reissue(TimestampNs now_ns);
    Status verify(const VertexPtr& vertex, const DagVm::VerifyOptions& options);
    // One atomic write, including the node's own records; on failure nothing has changed. Errors as
    // in DagVm::accept.
    Status accept(const Hash32& id);
    Status reject(const Hash32& id);
    Status set_preference(const std::vector<Hash32>& ids);
    // When this node may issue the next cut; nothing if it is not in the set, or no cut is wanted.
    [[nodiscard]] std::optional<TimestampNs> next_cut_ns() const;

    Status submit(const OperationPtr& operation, TimestampNs now_ns,
                  const WriteBatch* note = nullptr) override;

    [[nodiscard]] const DagVm& vm() const { return *vm_; }
    [[nodiscard]] const State& state() const override { return vm_->state(); }
    [[nodiscard]] const State& pending_state(TimestampNs now_ns) override;
    [[nodiscard]] std::optional<Finality> finality_of(std::string_view task_id) const override;
    [[nodiscard]] const Mempool& mempool() const override { return vm_->mempool(); }
    [[nodiscard]] std::size_t processing_count() const override { return vm_->processing_count(); }

private:
    explicit DagNode(const NodeSetup& setup);
    Status open_vm();
    // Vouches again for what this node vouched for and is not executed yet.
    void vouch_for_vertices();
    void carry(const Vertex& vertex);
    void release(const SignedOperation& operation) override;
    Status accept_with_leftovers(const Vertex& vertex);
    // Builds with `build` and accepts what comes out, in one atomic write.
    template <class Build>
    Status build_and_accept(Build build);
    Result<VertexPtr> build_vertex_now(TimestampNs now_ns);
    Result<VertexPtr> build_cut_now(TimestampNs now_ns);
    BlockRun& trial(TimestampNs now_ns);

    DirectCutExecutor executor_;
    std::optional<DagVm> vm_;
    std::optional<BlockRun> trial_;  // the next slice so far; empty until it is asked for
    std::set<Hash32> carried_;       // operations in vertices that no cut has settled
};

}  // namespace aivm
