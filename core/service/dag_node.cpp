#include "core/service/dag_node.h"

#include "core/service/keys.h"

namespace aivm {
namespace {

NodeSetup with_dag_policy(NodeSetup setup) {
    if (!setup.parameters.dag)
        setup.parameters.dag.emplace().cut_interval_ns = setup.block_interval_ns;
    return setup;
}

}  // namespace

DagNode::DagNode(const NodeSetup& setup) : NodeBase(with_dag_policy(setup)) {}

Result<std::unique_ptr<DagNode>> DagNode::open(const NodeSetup& setup) {
    AIVM_CHECK(setup.store != nullptr);
    std::unique_ptr<DagNode> node(new DagNode(setup));
    AIVM_TRY(node->open_vm());
    AIVM_ASSIGN(const auto operations, node->load_queue());
    for (const OperationPtr& operation : operations)
        static_cast<void>(
            node->vm_->submit(operation));  // a refused one leaves with the next vertex
    return node;
}

Status DagNode::open_vm() {
    AIVM_TRY(make_own_genesis());
    AIVM_ASSIGN(DagVm vm, DagVm::open({genesis_, &rules_, &executor_, &store_, queue_limits()}));
    vm_.emplace(std::move(vm));
    vouch_for_vertices();
    summary_ = ChainSummary(state(), [this](Height height) { return timestamp_of(height); });
    return {};
}

// Only this node's own vertices carry operations for which it vouched: no other node could have
// checked them.
void DagNode::vouch_for_vertices() {
    const auto vouch = [this](const Vertex& vertex) {
        if (vertex.header().proposer != self_) return;
        for (const OperationPtr& o : vertex.operations())
            authorizer_.vouch(o->id(), o->authorization());
        carry(vertex);
    };
    for (const auto& [id, vertex] : vm_->accepted().unsettled()) vouch(*vertex);
    for (const VertexPtr& vertex : vm_->own_undecided()) vouch(*vertex);
}

void DagNode::carry(const Vertex& vertex) {
    for (const OperationPtr& operation : vertex.operations()) carried_.insert(operation->id());
}

void DagNode::release(const SignedOperation& operation) {
    if (!carried_.contains(operation.id())) NodeBase::release(operation);
}

BlockRun& DagNode::trial(TimestampNs now_ns) {
    if (trial_) return *trial_;
    trial_.emplace(vm_->forecast_run(now_ns));
    for (const OperationPtr& operation : vm_->mempool().candidates(kQueuedMax, {}))
        static_cast<void>(trial_->apply(*operation));
    return *trial_;
}

const State& DagNode::pending_state(TimestampNs now_ns) { return trial(now_ns).state(); }

std::optional<Finality> DagNode::finality_of(std::string_view task_id) const {
    if (state().find_task(task_id)) return Finality::kSettled;
    const ConflictKey key = "job:" + std::string(task_id);
    const auto holder = vm_->accepted().holder_of(key);
    return holder && *holder && (*holder)->taken() ? Finality::kAccepted : Finality::kQueued;
}

Status DagNode::submit(const OperationPtr& operation, TimestampNs now_ns, const WriteBatch* note) {
    AIVM_TRY(check_writable());
    if (queued_.size() >= kQueuedMax)
        return fail(ErrorCode::kQueueFull, "operations wait for the next vertex");
    authorizer_.vouch(operation->id(), operation->authorization());
    Status status = trial(now_ns).apply(*operation);
    if (status) {
        status = vm_->submit_tried(operation);
        if (!status) trial_.reset();  // it contains the operation
    }
    if (!status) {
        if (!queued_.contains(operation->id())) release(*operation);
        return status;
    }
    return keep(operation, note);
}

// ---- issuing ------------------------------------------------------------------------------------

Result<VertexPtr> DagNode::build_vertex_now(TimestampNs now_ns) {
    trial_.reset();
    DagVm::BuildOptions options;
    options.proposer = self_;
    options.timestamp_ns = now_ns;
    options.sign = [this](const Hash32& message) { return key_.sign(message); };
    options.needs_operations = true;
    AIVM_ASSIGN(VertexPtr vertex, vm_->build_vertex(options));
    carry(*vertex);
    return vertex;
}

Result<VertexPtr> DagNode::build_cut_now(TimestampNs now_ns) {
    trial_.reset();
    const State& parent = vm_->preferred_state();
    AIVM_ASSIGN(const Hash32 secret, opening(parent));
    return vm_->build_cut(request_on(parent, secret, now_ns));
}

Result<VertexPtr> DagNode::build_vertex(TimestampNs now_ns) {
    AIVM_TRY(check_writable());
    return build_vertex_now(now_ns);
}

Result<VertexPtr> DagNode::build_cut(TimestampNs now_ns) {
    AIVM_TRY(check_writable());
    return build_cut_now(now_ns);
}

Result<std::vector<VertexPtr>> DagNode::reissue(TimestampNs now_ns) {
    AIVM_TRY(check_writable());
    std::vector<VertexPtr> own = vm_->own_undecided();
    for (const VertexPtr& vertex : own) AIVM_TRY(vm_->verify(vertex, {now_ns, false}));
    return own;
}

std::optional<TimestampNs> DagNode::next_cut_ns() const {
    if (!vm_->wants_cut()) return std::nullopt;
    return vm_->cut_due_ns(self_);
}

// The VM's record of what it signed is buffered and reaches the disk with the acceptance.
template <class Build>
Status DagNode::build_and_accept(Build build) {
    store_.hold();
    const Result<VertexPtr> vertex = build();
    if (!vertex) {
        store_.drop();
        failed_ = failed_ || vertex.error().code == ErrorCode::kStorage;
        return tl::unexpected<Error>(vertex.error());
    }
    return accept_with_leftovers(**vertex);
}

Status DagNode::accept_with_leftovers(const Vertex& vertex) {
    trial_.reset();
    const CutResultPtr result = vm_->result_of(vertex.id());
    std::optional<Settles> settles;
    if (result) settles = Settles{vertex.cut(), vertex.header().timestamp_ns};
    store_.hold();
    // Buffered. Nothing is accepted yet, so an operation that is still in the VM's queue waits
    // unless the vertex contains it.
    static_cast<void>(store_.write(leftovers_of(vertex.operations(), settles)));
    store_.release();
    const State before = state();
    AIVM_TRY(failed(vm_->accept(vertex.id())));
    if (!result) return {};
    summary_.add_block(before, *result->executed);
    for (const VertexPtr& settled : result->slice) {
        for (const OperationPtr& operation : settled->operations()) {
            carried_.erase(operation->id());
            NodeBase::release(*operation);
        }
    }
    return {};
}

Status DagNode::decide_alone(TimestampNs now_ns) {
    AIVM_TRY(check_writable());
    AIVM_TRY(check_alone());
    bool done = false;
    AIVM_ASSIGN(const auto own, reissue(now_ns));
    for (const VertexPtr& vertex : own) {
        AIVM_TRY(accept_with_leftovers(*vertex));
        done = true;
    }
    if (vm_->wants_vertex()) {
        const Status issued = build_and_accept([&] { return build_vertex_now(now_ns); });
        if (!issued && issued.error().code != ErrorCode::kNotFound) return issued;
        done = done || issued;
    }
    if (const auto due = next_cut_ns(); due && *due <= now_ns) {
        AIVM_TRY(build_and_accept([&] { return build_cut_now(now_ns); }));
        done = true;
    }
    return done ? Status() : fail(ErrorCode::kNotFound, "nothing is due");
}

Status DagNode::advance(TimestampNs now_ns) {
    AIVM_TRY(check_writable());
    // Nothing is queued, and the trial's timestamp would become stale.
    if (!vm_->wants_vertex() && !vm_->wants_cut()) trial_.reset();
    if (setup_.hosted) return {};
    const Status decided = decide_alone(now_ns);
    return decided || decided.error().code == ErrorCode::kNotFound ? Status() : decided;
}

Status DagNode::flush(TimestampNs now_ns) {
    if (failed_ || setup_.hosted || !vm_->wants_vertex()) return {};
    const Status issued = build_and_accept([&] { return build_vertex_now(now_ns); });
    return issued || issued.error().code == ErrorCode::kNotFound ? Status() : issued;
}

// ---- for a host ---------------------------------------------------------------------------------

Status DagNode::verify(const VertexPtr& vertex, const DagVm::VerifyOptions& options) {
    AIVM_TRY(check_writable());
    return vm_->verify(vertex, options);
}

Status DagNode::accept(const Hash32& id) {
    AIVM_TRY(check_writable());
    AIVM_ASSIGN(const VertexStatus status, vm_->status(id));
    if (status != VertexStatus::kProcessing)
        return fail(ErrorCode::kWrongState, "accept of a vertex that is not processing");
    AIVM_TRY(vm_->check_acceptable(id));
    AIVM_ASSIGN(const VertexPtr vertex, vm_->get_vertex(id));
    return accept_with_leftovers(*vertex);
}

Status DagNode::reject(const Hash32& id) {
    trial_.reset();
    return vm_->reject(id);
}

Status DagNode::set_preference(const std::vector<Hash32>& ids) {
    trial_.reset();
    return vm_->set_preference(ids);
}

}  // namespace aivm
