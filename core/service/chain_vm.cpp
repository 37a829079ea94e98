#include "core/service/chain_vm.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/config/config_json.h"
#include "core/service/block_json.h"
#include "core/service/genesis_json.h"
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

// ---- the life cycle -----------------------------------------------------------------------------

Status ChainVm::check_open() const {
    if (!node_) return fail(ErrorCode::kNotInitialized);
    return {};
}

Status ChainVm::initialize(const Init& init) {
    if (node_) return fail(ErrorCode::kWrongState, "the VM is initialized already");
    NodeSetup setup;
    setup.parameters.policy = init.policy;
    if (!init.config.empty()) {
        AIVM_ASSIGN(setup.parameters.config, config_from_json(init.config));
    }
    AIVM_ASSIGN(GenesisFile file, genesis_from_json(init.genesis));
    setup.genesis = std::move(file.genesis);
    setup.vendor_root = file.vendor_root;
    setup.parameters.quote_measurements = std::move(file.quote_measurements);
    setup.seed = init.seed;
    setup.store = init.store;
    return initialize(std::move(setup), init.access);
}

Status ChainVm::initialize(NodeSetup setup, Service::Access access) {
    if (node_) return fail(ErrorCode::kWrongState, "the VM is initialized already");
    if (setup.store == nullptr) return fail(ErrorCode::kInvalidArgument, "a store is needed");
    setup.hosted = true;
    AIVM_ASSIGN(node_, Node::open(setup));
    service_ = std::make_unique<Service>(*node_, access);
    state_ = HostState::kInitializing;
    update_events();
    return {};
}

void ChainVm::update_events() {
    if (!node_) return events_.close();
    events_.open(state_ == HostState::kNormalOperation && node_->vm().wants_block());
}

Status ChainVm::set_state(std::uint32_t state) {
    AIVM_TRY(check_open());
    if (state > static_cast<std::uint32_t>(HostState::kNormalOperation)) {
        return fail(ErrorCode::kInvalidArgument,
                    fmt::format("there is no host state {}; 0 to 3 are known", state));
    }
    state_ = static_cast<HostState>(state);
    update_events();
    return {};
}

Status ChainVm::shutdown() {
    service_.reset();
    node_.reset();
    peers_.clear();
    state_ = HostState::kInitializing;
    update_events();
    return {};
}

// ---- blocks -------------------------------------------------------------------------------------

Status ChainVm::check_buildable() const {
    AIVM_TRY(check_open());
    if (state_ != HostState::kNormalOperation) {
        return fail(ErrorCode::kWrongState, "blocks are built in normal operation only");
    }
    if (!node_->vm().wants_block()) return fail(ErrorCode::kNotFound, "nothing waits for a block");
    return {};
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

// ---- the host around it -------------------------------------------------------------------------

Result<std::optional<VmMessage>> ChainVm::wait_for_event(std::chrono::nanoseconds timeout,
                                                         std::stop_token cancel) const {
    switch (events_.wait(timeout, std::move(cancel))) {
        case EventGate::Wait::kPending:
            return VmMessage::kPendingTransactions;
        case EventGate::Wait::kNothing:
            return std::nullopt;
        case EventGate::Wait::kClosed:
            break;
    }
    return fail(ErrorCode::kNotInitialized);
}

VmHealth ChainVm::health_check() const {
    if (!node_)
        return {false, print_json(Json{{"healthy", false},
                                       {"reason", error_message(ErrorCode::kNotInitialized)}})};
    const bool healthy = node_->healthy();
    return {healthy, print_json(Json{{"healthy", healthy},
                                     {"version", kVmVersion},
                                     {"state", static_cast<std::uint32_t>(state_)},
                                     {"height", node_->state().head.height},
                                     {"processing", node_->vm().processing_count()},
                                     {"queued", node_->vm().mempool().size()},
                                     {"peers", peers_.size()}})};
}

Result<FeePolicy> ChainVm::fee_policy() const {
    AIVM_TRY(check_open());
    return aivm::fee_policy(node_->state(), node_->rules().parameters);
}

Status ChainVm::connected(const HostNodeId& node, const std::string& peer_version) {
    AIVM_TRY(check_open());
    peers_[node] = peer_version;
    return {};
}

Status ChainVm::disconnected(const HostNodeId& node) {
    AIVM_TRY(check_open());
    if (peers_.erase(node) == 0) return fail(ErrorCode::kNotFound, "peer " + to_hex(node.view()));
    return {};
}

Result<HttpHandler> ChainVm::new_http_handler() {
    AIVM_TRY(check_open());
    return HttpHandler([this](const Request& request) {
        if (!service_)
            return error_response(503, {ErrorCode::kNotInitialized, "the VM was shut down"});
        return updated(service_->handle(request));
    });
}

Result<std::map<std::string, HttpHandler>> ChainVm::create_handlers() {
    AIVM_ASSIGN(HttpHandler handler, new_http_handler());
    return std::map<std::string, HttpHandler>{{"", std::move(handler)}};
}

}  // namespace aivm
