#include "core/service/chain_vm.h"

#include <algorithm>

#include "core/service/block_json.h"
#include "core/service/json.h"
#include "core/service/time_text.h"

namespace aivm {

// ---- a block ------------------------------------------------------------------------------------

ChainBlock::ChainBlock(ChainVm& vm, BlockPtr block)
    : vm_(&vm),
      block_(std::move(block)),
      id_(block_->id()),
      parent_(block_->parent()),
      height_(block_->height()),
      timestamp_ns_(block_->header().timestamp_ns) {}

ChainBlock ChainBlock::genesis(ChainVm& vm) {
    ChainBlock block(vm);
    block.id_ = vm.node_->genesis_id();
    block.timestamp_ns_ = vm.node_->timestamp_of(0);
    return block;
}

Bytes ChainBlock::bytes() const {
    if (block_) return block_->encode();
    return vm_->node_ ? vm_->node_->genesis_block_bytes() : Bytes{};
}

std::string ChainBlock::json() const {
    if (block_) return block_json(*block_);
    return print_json(Json{{"id", to_text(id_)},
                           {"parentID", to_text(parent_)},
                           {"height", 0},
                           {"timestamp", print_time(timestamp_ns_)},
                           {"merkleRoot", to_text(Hash32{})}});
}

Result<BlockStatus> ChainBlock::status() const {
    AIVM_TRY(vm_->check_open());
    return vm_->node_->vm().status(id_);
}

Status ChainBlock::verify(TimestampNs now_ns) const {
    AIVM_TRY(vm_->check_open());
    if (!block_) return fail(ErrorCode::kWrongState, "genesis is accepted already");
    return vm_->node_->verify(block_, now_ns);
}

Status ChainBlock::accept() const {
    AIVM_TRY(vm_->check_open());
    return vm_->updated(vm_->node_->accept(id_));
}

Status ChainBlock::reject() const {
    AIVM_TRY(vm_->check_open());
    return vm_->updated(vm_->node_->reject(id_));
}

// ---- blocks -------------------------------------------------------------------------------------

Result<NodeBase*> ChainVm::open_node(const NodeSetup& setup) {
    AIVM_ASSIGN(node_, Node::open(setup));
    return static_cast<NodeBase*>(node_.get());
}

Result<ChainBlock> ChainVm::build_block(TimestampNs now_ns) {
    AIVM_TRY(check_buildable());
    // A refused operation may have left the queue.
    AIVM_ASSIGN(BlockPtr block, updated(node_->build_block(now_ns)));
    return ChainBlock(*this, std::move(block));
}

Status ChainVm::decide_next_block(TimestampNs now_ns) {
    AIVM_TRY(check_buildable());
    return updated(node_->decide_alone(now_ns));
}

Result<ChainBlock> ChainVm::parse_block(ByteView bytes) {
    AIVM_TRY(check_open());
    if (std::ranges::equal(bytes, node_->genesis_block_bytes())) return ChainBlock::genesis(*this);
    AIVM_ASSIGN(BlockPtr block, Vm::parse_block(bytes));
    return ChainBlock(*this, std::move(block));
}

Result<ChainBlock> ChainVm::get_block(const Hash32& id) {
    AIVM_TRY(check_open());
    if (id == node_->genesis_id()) return ChainBlock::genesis(*this);
    AIVM_ASSIGN(BlockPtr block, node_->vm().get_block(id));
    return ChainBlock(*this, std::move(block));
}

Result<Hash32> ChainVm::block_id_at_height(Height height) const {
    AIVM_TRY(check_open());
    return node_->vm().block_id_at_height(height);
}

Result<Hash32> ChainVm::last_accepted() const {
    AIVM_TRY(check_open());
    return node_->vm().last_accepted();
}

Status ChainVm::set_preference(const Hash32& id) {
    AIVM_TRY(check_open());
    return updated(node_->set_preference(id));
}

Result<TimestampNs> ChainVm::decide_if_due(TimestampNs now_ns, std::uint64_t block_interval_ns) {
    AIVM_TRY(check_open());
    const auto due = checked_add(node_->state().head.timestamp_ns, block_interval_ns);
    if (!due) return fail(ErrorCode::kOverflow, "the time of the next block");
    if (now_ns < *due) return *due;
    AIVM_TRY(decide_next_block(now_ns));
    return now_ns;
}

Status ChainVm::flush(TimestampNs now_ns) {
    AIVM_TRY(check_open());
    if (!node_->healthy() || node_->vm().mempool().size() == 0) return {};
    return decide_next_block(now_ns);
}

}  // namespace aivm
