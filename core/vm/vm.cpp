#include "core/vm/vm.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/mutant.h"
#include "core/config/limits.h"
#include "core/execution/genesis.h"
#include "core/state/keys.h"
#include "core/state/load.h"
#include "core/vm/offer.h"

namespace aivm {
namespace {

BlockSpace space_of(const Vm::BuildOptions& options) {
    constexpr std::size_t kBytesMax = kBlockSpaceBytesMax;
    return {std::min(options.operations_max, kBlockOpsMax), std::min(options.bytes_max, kBytesMax)};
}

}  // namespace

Vm::Vm(const Setup& setup) : VmBase(*setup.rules, *setup.store, setup.queue), setup_(setup) {}

Result<Vm> Vm::open(const Setup& setup) {
    AIVM_CHECK(setup.genesis && setup.rules && setup.executor && setup.store);
    Vm vm(setup);
    AIVM_ASSIGN(const auto tip, setup.store->get(keys::single(keys::kTip)));
    AIVM_TRY(vm.load_signed());
    if (tip && !AIVM_MUTANT(D16)) {
        AIVM_TRY(check_made_with(*setup.store, *setup.genesis, *setup.rules));
        AIVM_ASSIGN(vm.tip_, vm.load_tip(*tip));
    } else {
        AIVM_ASSIGN(const auto dag, setup.store->get(keys::single(keys::kDagTip)));
        if (dag) return fail(ErrorCode::kConfig, "the store holds a DAG, not a chain of blocks");
        AIVM_TRY(setup.store->write(setup.genesis->batch));
        vm.tip_ = setup.genesis;
    }
    vm.preferred_ = vm.tip_;
    return vm;
}

Result<ExecutedPtr> Vm::load_tip(ByteView record) const {
    Reader in(record);
    auto executed = std::make_shared<Executed>();
    executed->id = in.hash();
    const Hash32 state_root = in.hash();
    AIVM_TRY(in.finish());
    AIVM_ASSIGN(executed->state, load_state(*setup_.store, setup_.genesis->state.kernels.sizes(),
                                            setup_.rules->parameters));
    executed->state.state_root = state_root;
    if (executed->id != setup_.genesis->id) {
        AIVM_ASSIGN(executed->block, get_block(executed->id));
    }
    return executed;
}

Status Vm::submit(const OperationPtr& operation) { return queue(preferred_->state, operation); }

Status Vm::submit_tried(const OperationPtr& operation) {
    return queue(preferred_->state, operation, Tried::kOnNextBlock);
}

Result<BlockPtr> Vm::build_block(const BuildOptions& options) {
    const Height height = preferred_->state.head.height + 1;
    const ProposalSlot slot{height, preferred_->id};
    AIVM_TRY(check_unsigned(slot));
    refresh_queue(preferred_->state);
    MempoolSelection selection(mempool_, space_of(options), unused(options.include));
    AIVM_ASSIGN(Built built, build_on(*preferred_, options.request, selection, *setup_.rules));
    // On disk before anybody can see the block: after a crash the node must not sign another one
    // on this parent, and may be the only one that has this one.
    const Bytes sealed = built.executed->block->encode();
    if (!AIVM_MUTANT(D48)) AIVM_TRY(remember_signed(slot, sealed, tip_->state.head.height));
    for (const LeftOut& left : built.left_out)
        mempool_.note_refused(*left.operation, left.reason, height);
    if (options.refused != nullptr) *options.refused = std::move(built.left_out);
    setup_.executor->remember(built.executed);
    process(built.executed);
    return built.executed->block;
}

void Vm::process(const ExecutedPtr& executed) { processing_.emplace(executed->id, executed); }

// What the preferred block and its undecided ancestors have included is still queued, in case
// another branch is accepted.
MempoolSelection::Include Vm::unused(MempoolSelection::Include include) const {
    if (preferred_ == tip_) return include;
    return [this, include = std::move(include)](const OperationPtr& operation) {
        const SignedOperation& o = *operation;
        return o.nonce() > preferred_->state.nonce(o.sender(), o.lane()) &&
               (!include || include(operation));
    };
}

ExecutedPtr Vm::parent_of(const Block& block) const {
    if (block.parent() == tip_->id) return tip_;
    const auto parent = processing_.find(block.parent());
    return parent == processing_.end() ? nullptr : parent->second;
}

Status Vm::verify(const BlockPtr& block, TimestampNs now_ns) {
    if (processing_.contains(block->id())) return {};
    AIVM_TRY(check_not_early(block->header().timestamp_ns, now_ns));
    const ExecutedPtr parent = parent_of(*block);
    if (!parent) return fail(ErrorCode::kBadParent, to_hex(block->parent().view()));
    Result<ExecutedPtr> executed = setup_.executor->execute(parent->state, block, *setup_.rules);
    if (!executed && AIVM_MUTANT(D09)) {
        for (const OperationPtr& operation : block->operations()) mempool_.remove(*operation);
    }
    if (!executed) return tl::unexpected(std::move(executed).error());
    process(*executed);
    return {};
}

Status Vm::accept(const Hash32& id) {
    const auto found = processing_.find(id);
    if (found == processing_.end())
        return fail(ErrorCode::kWrongState, "accept of a block that is not processing");
    const ExecutedPtr executed = found->second;
    if (executed->block->parent() != tip_->id)
        return fail(ErrorCode::kBadParent, "accept out of order");
    const Status written = setup_.store->write(executed->batch);
    if (!written && !AIVM_MUTANT(D20)) return written;
    processing_.erase(found);
    const bool preference_moves = preferred_ == tip_;
    tip_ = executed;
    if (preference_moves) preferred_ = executed;
    if (!AIVM_MUTANT(D08)) mempool_.remove_stale(tip_->state, executed->block->operations());
    note_changes(mempool_, *executed);
    refresh_queue(preferred_->state);
    return {};
}

Status Vm::reject(const Hash32& id) {
    const auto found = processing_.find(id);
    if (found == processing_.end())
        return fail(ErrorCode::kWrongState, "reject of a block that is not processing");
    const ExecutedPtr executed = found->second;
    processing_.erase(found);
    if (preferred_ == executed) prefer(tip_);
    for (const OperationPtr& operation : executed->block->operations()) {
        // A refusal is correct here: the operation is queued already, or another block made it
        // stale.
        if (!AIVM_MUTANT(D13)) static_cast<void>(submit(operation));
    }
    return {};
}

Status Vm::set_preference(const Hash32& id) {
    const ExecutedPtr wanted = executed(id);
    if (!wanted) return fail(ErrorCode::kNotFound, "preference for a block that is not verified");
    if (!AIVM_MUTANT(D12)) prefer(wanted);
    return {};
}

// What waits is judged again by the state of the block that is preferred from now on.
void Vm::prefer(const ExecutedPtr& wanted) {
    ExecutedPtr at = wanted;
    for (; at && at != preferred_ && at != tip_; at = parent_of(*at->block))
        note_changes(mempool_, *at);
    const bool leaves_branch = at != preferred_;
    if (leaves_branch) mempool_.note_all_changed();
    preferred_ = wanted;
}

Result<BlockStatus> Vm::status(const Hash32& id) const {
    if (processing_.contains(id)) return BlockStatus::kProcessing;
    if (id == tip_->id || id == setup_.genesis->id) return BlockStatus::kAccepted;
    AIVM_ASSIGN(const auto stored, setup_.store->get(keys::block(id)));
    return stored ? BlockStatus::kAccepted : BlockStatus::kUnknown;
}

ExecutedPtr Vm::executed(const Hash32& id) const {
    if (id == tip_->id) return tip_;
    const auto found = processing_.find(id);
    return found == processing_.end() ? nullptr : found->second;
}

Result<BlockPtr> Vm::get_block(const Hash32& id) const {
    if (const auto found = processing_.find(id); found != processing_.end())
        return found->second->block;
    if (tip_ && tip_->id == id && tip_->block) return tip_->block;
    AIVM_ASSIGN(const auto stored, setup_.store->get(keys::block(id)));
    if (!stored) return fail(ErrorCode::kNotFound, "block " + to_hex(id.view()));
    return Block::decode(*stored);
}

Result<Hash32> Vm::block_id_at_height(Height height) const {
    AIVM_ASSIGN(const auto stored, setup_.store->get(keys::height(height)));
    if (!stored) return fail(ErrorCode::kNotFound, fmt::format("height {}", height));
    if (stored->size() != Hash32::size_bytes)
        return fail(ErrorCode::kStorage, fmt::format("height {}", height));
    Reader in(*stored);
    return in.hash();
}

Result<std::vector<BlockPtr>> Vm::own_undecided() const {
    std::vector<BlockPtr> out;
    if (AIVM_MUTANT(B5)) return out;
    for (const auto& [slot, sealed] : signed_items()) {
        if (slot.number <= last_accepted_height()) continue;
        AIVM_ASSIGN(BlockPtr block, Block::decode(sealed));
        out.push_back(std::move(block));
    }
    return out;
}

bool Vm::wants_block() const { return has_work(preferred_->state); }

}  // namespace aivm
