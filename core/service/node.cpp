#include "core/service/node.h"

#include "core/service/keys.h"

namespace aivm {

Result<std::unique_ptr<Node>> Node::open(const NodeSetup& setup) {
    AIVM_CHECK(setup.store != nullptr);
    if (setup.parameters.dag)
        return fail(ErrorCode::kConfig, "these rules are those of a DAG, not of a chain");
    std::unique_ptr<Node> node(new Node(setup));
    AIVM_TRY(node->open_vm());
    AIVM_ASSIGN(const auto operations, node->load_queue());
    for (const OperationPtr& operation : operations)
        static_cast<void>(
            node->vm_->submit(operation));  // a refused one is erased with the next block
    return node;
}

Status Node::open_vm() {
    AIVM_TRY(make_own_genesis());
    AIVM_ASSIGN(Vm vm, Vm::open({genesis_, &rules_, &executor_, &store_, queue_limits()}));
    vm_.emplace(std::move(vm));
    summary_ = ChainSummary(state(), [this](Height height) { return timestamp_of(height); });
    return {};
}

BlockRun& Node::trial(TimestampNs now_ns) {
    if (trial_) return *trial_;
    const ExecutedPtr parent = vm_->executed(vm_->preferred());
    const BuildRequest request =
        request_on(parent->state, opening(parent->state).value_or(Hash32{}), now_ns);
    trial_.emplace(parent->state, context_of(parent->state, next_header(*parent, request)), rules_);
    for (const OperationPtr& operation : vm_->mempool().candidates(kQueuedMax, {}))
        static_cast<void>(trial_->apply(*operation));
    return *trial_;
}

const State& Node::pending_state(TimestampNs now_ns) { return trial(now_ns).state(); }

Status Node::submit(const OperationPtr& operation, TimestampNs now_ns, const WriteBatch* note) {
    AIVM_TRY(check_writable());
    if (queued_.size() >= kQueuedMax)
        return fail(ErrorCode::kQueueFull, "operations wait for the next block");
    authorizer_.vouch(operation->id(), operation->authorization());
    if (Status status = trial(now_ns).apply(*operation); !status) {
        if (!queued_.contains(operation->id())) authorizer_.forget(operation->id());
        return status;
    }
    if (Status status = vm_->submit_tried(operation); !status) {
        trial_.reset();  // it contains the operation
        authorizer_.forget(operation->id());
        return status;
    }
    return keep(operation, note);
}

Status Node::advance(TimestampNs now_ns) {
    AIVM_TRY(check_writable());
    if (!vm_->wants_block()) {
        trial_.reset();  // nothing is queued, and its timestamp would become stale
        return {};
    }
    if (setup_.hosted) return {};
    const auto due = checked_add(state().head.timestamp_ns, setup_.block_interval_ns);
    if (!due || now_ns < *due) return {};
    return build_and_accept(now_ns);
}

Status Node::flush(TimestampNs now_ns) {
    if (failed_ || setup_.hosted || vm_->mempool().size() == 0) return {};
    return build_and_accept(now_ns);
}

// The VM's record of what it signed is buffered and reaches the disk with the block.
Status Node::build_and_accept(TimestampNs now_ns) {
    store_.hold();
    const auto block = build_on_preference(now_ns);
    if (!block) {
        store_.drop();
        return failed(tl::unexpected<Error>(block.error()));
    }
    return accept_with_leftovers(**block);
}

Result<BlockPtr> Node::build_on_preference(TimestampNs now_ns) {
    trial_.reset();
    AIVM_ASSIGN(const Hash32 secret, opening(vm_->preferred_state()));
    return vm_->build_block({.request = request_on(vm_->preferred_state(), secret, now_ns),
                             .operations_max = kQueuedMax,
                             .include = {}});
}

Status Node::accept_with_leftovers(const Block& block) {
    trial_.reset();
    store_.hold();
    // Buffered. The block is not accepted yet, so an operation that is still in the VM's queue
    // waits unless the block contains it.
    static_cast<void>(store_.write(
        leftovers_of(block.operations(), Settles{block.height(), block.header().timestamp_ns})));
    store_.release();
    const ExecutedPtr parent = vm_->executed(block.parent());
    const ExecutedPtr executed = vm_->executed(block.id());
    AIVM_TRY(failed(vm_->accept(block.id())));
    summary_.add_block(parent->state, *executed);
    return {};
}

Status Node::decide_alone(TimestampNs now_ns) {
    AIVM_TRY(check_writable());
    AIVM_TRY(check_alone());
    return build_and_accept(now_ns);
}

Result<BlockPtr> Node::build_block(TimestampNs now_ns) {
    AIVM_TRY(check_writable());
    return build_on_preference(now_ns);
}

Status Node::verify(const BlockPtr& block, TimestampNs now_ns) {
    AIVM_TRY(check_writable());
    return vm_->verify(block, now_ns);
}

Status Node::accept(const Hash32& id) {
    AIVM_TRY(check_writable());
    const ExecutedPtr executed = vm_->executed(id);
    if (!executed || id == vm_->last_accepted()) {
        return fail(ErrorCode::kWrongState, "accept of a block that is not processing");
    }
    if (executed->block->parent() != vm_->last_accepted())
        return fail(ErrorCode::kBadParent, "accept out of order");
    return accept_with_leftovers(*executed->block);
}

Status Node::reject(const Hash32& id) {
    trial_.reset();
    return vm_->reject(id);
}

Status Node::set_preference(const Hash32& id) {
    trial_.reset();
    return vm_->set_preference(id);
}

}  // namespace aivm
