#include "core/service/vertex_vm.h"

namespace aivm {

// ---- a vertex -----------------------------------------------------------------------------------

Result<VertexStatus> HostedVertex::status() const {
    AIVM_TRY(vm_->check_open());
    return vm_->node_->vm().status(id());
}

Result<std::optional<std::uint64_t>> HostedVertex::settled_by() const {
    AIVM_TRY(vm_->check_open());
    return vm_->node_->vm().settled_by(id());
}

Status HostedVertex::verify(const DagVm::VerifyOptions& options) const {
    AIVM_TRY(vm_->check_open());
    return vm_->node_->verify(vertex_, options);
}

Status HostedVertex::accept() const {
    AIVM_TRY(vm_->check_open());
    return vm_->updated(vm_->node_->accept(id()));
}

Status HostedVertex::reject() const {
    AIVM_TRY(vm_->check_open());
    return vm_->updated(vm_->node_->reject(id()));
}

Result<bool> HostedVertex::conflicts_vertex(const Hash32& other) const {
    AIVM_TRY(vm_->check_open());
    AIVM_ASSIGN(const VertexPtr vertex, vm_->node_->vm().get_vertex(other));
    return vertex_->conflicts(*vertex);
}

Result<std::vector<Hash32>> HostedVertex::rivals() const {
    AIVM_TRY(vm_->check_open());
    return vm_->node_->vm().conflicts(id());
}

// ---- the VM -------------------------------------------------------------------------------------

Result<NodeBase*> VertexVm::open_node(const NodeSetup& setup) {
    AIVM_ASSIGN(node_, DagNode::open(setup));
    return static_cast<NodeBase*>(node_.get());
}

bool VertexVm::wants_work() const { return node_->vm().wants_vertex() || node_->vm().wants_cut(); }

Result<HostedVertex> VertexVm::build_vertex(TimestampNs now_ns) {
    AIVM_TRY(check_buildable());
    if (!node_->vm().wants_vertex()) return fail(ErrorCode::kNotFound, "no operation waits");
    AIVM_ASSIGN(VertexPtr vertex, updated(node_->build_vertex(now_ns)));
    return HostedVertex(*this, std::move(vertex));
}

Result<HostedVertex> VertexVm::build_cut(TimestampNs now_ns) {
    AIVM_TRY(check_buildable());
    if (!node_->vm().wants_cut()) return fail(ErrorCode::kNotFound, "nothing waits for a cut");
    AIVM_ASSIGN(VertexPtr vertex, updated(node_->build_cut(now_ns)));
    return HostedVertex(*this, std::move(vertex));
}

Result<std::vector<HostedVertex>> VertexVm::reissue(TimestampNs now_ns) {
    AIVM_TRY(check_open());
    AIVM_ASSIGN(const auto own, node_->reissue(now_ns));
    std::vector<HostedVertex> out;
    for (const VertexPtr& vertex : own) out.push_back(HostedVertex(*this, vertex));
    return out;
}

Result<HostedVertex> VertexVm::parse_vertex(ByteView bytes) {
    AIVM_TRY(check_open());
    AIVM_ASSIGN(VertexPtr vertex, DagVm::parse_vertex(bytes));
    return HostedVertex(*this, std::move(vertex));
}

Result<HostedVertex> VertexVm::get_vertex(const Hash32& id) {
    AIVM_TRY(check_open());
    AIVM_ASSIGN(VertexPtr vertex, node_->vm().get_vertex(id));
    return HostedVertex(*this, std::move(vertex));
}

Result<Hash32> VertexVm::cut_at(std::uint64_t number) const {
    AIVM_TRY(check_open());
    return node_->vm().accepted().cut_at(number);
}

Result<std::vector<Hash32>> VertexVm::frontier() const {
    AIVM_TRY(check_open());
    const auto& ids = node_->vm().accepted_frontier();
    return std::vector<Hash32>(ids.begin(), ids.end());
}

Result<std::vector<Hash32>> VertexVm::preferred_frontier() const {
    AIVM_TRY(check_open());
    return node_->vm().preferred_frontier(DagVm::UndecidedCuts::kInclude);
}

Status VertexVm::set_preference(const std::vector<Hash32>& ids) {
    AIVM_TRY(check_open());
    return updated(node_->set_preference(ids));
}

Status VertexVm::decide_next(TimestampNs now_ns) {
    AIVM_TRY(check_buildable());
    return updated(node_->decide_alone(now_ns));
}

Result<TimestampNs> VertexVm::decide_if_due(TimestampNs now_ns, std::uint64_t block_interval_ns) {
    AIVM_TRY(check_open());
    const Status decided = decide_next(now_ns);
    if (decided) return now_ns;
    if (decided.error().code != ErrorCode::kNotFound) return tl::unexpected(decided.error());
    // A cut is wanted that is not due yet; on an idle DAG the caller waits for the next event.
    if (const auto due = node_->next_cut_ns(); due && *due > now_ns) return *due;
    return checked_add(now_ns, wants_work() ? block_interval_ns : 0).value_or(now_ns);
}

Status VertexVm::flush(TimestampNs now_ns) {
    AIVM_TRY(check_open());
    if (!node_->healthy() || !node_->vm().wants_vertex()) return {};
    const Status decided = decide_next(now_ns);
    return decided || decided.error().code == ErrorCode::kNotFound ? Status() : decided;
}

}  // namespace aivm
