#include "core/service/hosted_vm.h"

#include <fmt/format.h>

#include "core/config/config_json.h"
#include "core/service/genesis_json.h"
#include "core/service/json.h"

namespace aivm {

Status HostedVm::check_open() const {
    if (base_ == nullptr) return fail(ErrorCode::kNotInitialized);
    return {};
}

Status HostedVm::initialize(const Init& init) {
    if (base_ != nullptr) return fail(ErrorCode::kWrongState, "the VM is initialized already");
    NodeSetup setup;
    setup.parameters.policy = init.policy;
    setup.parameters.dag = init.dag;
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

Status HostedVm::initialize(NodeSetup setup, Service::Access access) {
    if (base_ != nullptr) return fail(ErrorCode::kWrongState, "the VM is initialized already");
    if (setup.store == nullptr) return fail(ErrorCode::kInvalidArgument, "a store is needed");
    setup.hosted = true;
    AIVM_ASSIGN(base_, open_node(setup));
    service_ = std::make_unique<Service>(*base_, access);
    state_ = HostState::kInitializing;
    update_events();
    return {};
}

void HostedVm::update_events() {
    if (base_ == nullptr) return events_.close();
    events_.open(state_ == HostState::kNormalOperation && wants_work());
}

Status HostedVm::set_state(std::uint32_t state) {
    AIVM_TRY(check_open());
    if (state > static_cast<std::uint32_t>(HostState::kNormalOperation)) {
        return fail(ErrorCode::kInvalidArgument,
                    fmt::format("there is no host state {}; 0 to 3 are known", state));
    }
    state_ = static_cast<HostState>(state);
    update_events();
    return {};
}

Status HostedVm::shutdown() {
    service_.reset();
    base_ = nullptr;
    close_node();
    peers_.clear();
    state_ = HostState::kInitializing;
    update_events();
    return {};
}

Status HostedVm::check_buildable() const {
    AIVM_TRY(check_open());
    if (state_ != HostState::kNormalOperation) {
        return fail(ErrorCode::kWrongState, "nothing is built but in normal operation");
    }
    if (!wants_work()) return fail(ErrorCode::kNotFound, "nothing waits for a block or vertex");
    return {};
}

Result<std::optional<VmMessage>> HostedVm::wait_for_event(std::chrono::nanoseconds timeout,
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

VmHealth HostedVm::health_check() const {
    if (base_ == nullptr)
        return {false, print_json(Json{{"healthy", false},
                                       {"reason", error_message(ErrorCode::kNotInitialized)}})};
    const bool healthy = base_->healthy();
    return {healthy, print_json(Json{{"healthy", healthy},
                                     {"version", kVmVersion},
                                     {"state", static_cast<std::uint32_t>(state_)},
                                     {"height", base_->state().head.height},
                                     {"processing", base_->processing_count()},
                                     {"queued", base_->mempool().size()},
                                     {"peers", peers_.size()}})};
}

Result<FeePolicy> HostedVm::fee_policy() const {
    AIVM_TRY(check_open());
    return aivm::fee_policy(base_->state(), base_->rules().parameters);
}

Status HostedVm::connected(const HostNodeId& node, const std::string& peer_version) {
    AIVM_TRY(check_open());
    peers_[node] = peer_version;
    return {};
}

Status HostedVm::disconnected(const HostNodeId& node) {
    AIVM_TRY(check_open());
    if (peers_.erase(node) == 0) return fail(ErrorCode::kNotFound, "peer " + to_hex(node.view()));
    return {};
}

Result<HttpHandler> HostedVm::new_http_handler() {
    AIVM_TRY(check_open());
    return HttpHandler([this](const Request& request) {
        if (!service_)
            return error_response(503, {ErrorCode::kNotInitialized, "the VM was shut down"});
        return updated(service_->handle(request));
    });
}

Result<std::map<std::string, HttpHandler>> HostedVm::create_handlers() {
    AIVM_ASSIGN(HttpHandler handler, new_http_handler());
    return std::map<std::string, HttpHandler>{{"", std::move(handler)}};
}

}  // namespace aivm
