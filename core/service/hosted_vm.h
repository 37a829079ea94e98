// What a consensus host calls whichever items it decides, blocks (ChainVm) or vertices (VertexVm):
// the published life cycle, from Initialize to Shutdown, and the service's handlers.
//
//   1. Before initialize() and after shutdown() every call fails with not_initialized.
//   2. Time is an argument, and nothing runs in the background.
// Thread safety: a VM belongs to one thread, except that any thread may call wait_for_event(),
// which alone blocks.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/service/event_gate.h"
#include "core/service/service.h"
#include "core/tasks/fee_policy.h"

namespace aivm {

// The state of the host, by its published numbers.
enum class HostState : std::uint32_t {
    kInitializing = 0,
    kStateSyncing = 1,
    kBootstrapping = 2,
    kNormalOperation = 3
};

enum class VmMessage : std::uint32_t { kPendingTransactions = 1 };

struct VmHealth {
    bool healthy = false;
    std::string details;  // one line of JSON
};

using HttpHandler = std::function<Response(const Request&)>;
using HostNodeId = FixedBytes<20>;

class HostedVm {
public:
    struct Init {
        std::string genesis;  // JSON, see genesis_json.h
        std::string config;   // JSON, see core/config/config_json.h; empty for the defaults
        Policy policy;
        std::optional<DagPolicy> dag = {};  // of a VertexVm; absent: the defaults
        Ed25519Seed seed;                   // the node's key and its beacon secrets
        KeyValueStore* store = nullptr;
        Service::Access access = Service::Access::kAuthorized;
    };
    virtual ~HostedVm() = default;
    HostedVm(const HostedVm&) = delete;
    HostedVm& operator=(const HostedVm&) = delete;

    // Opens what is in the store, or creates it. Errors: wrong_state if it is already open, those
    // of the two JSON parsers, and config if the store belongs to another genesis or the seed's key
    // is not one of several validators.
    Status initialize(const Init& init);
    // The same with files that were read already. `setup.hosted` is ignored: the caller is the
    // host.
    Status initialize(NodeSetup setup, Service::Access access);

    // Takes a number of HostState; items are built only in normal operation. Errors:
    // invalid_argument for any other number.
    Status set_state(std::uint32_t state);
    [[nodiscard]] static std::string version() { return std::string(kVmVersion); }

    // Waits until an item built now would have something to do. Returns nothing if that is not so
    // within `timeout` or before `cancel` is requested, and fails with not_initialized if the VM is
    // not open or is shut down meanwhile. The event remains until an item is decided or preferred:
    // if the host has only built one, the next call returns the same event at once. No thread may
    // wait when the VM is destroyed.
    [[nodiscard]] Result<std::optional<VmMessage>> wait_for_event(
        std::chrono::nanoseconds timeout = {}, std::stop_token cancel = {}) const;
    // Unhealthy before initialize, after shutdown, and once a write has failed.
    [[nodiscard]] VmHealth health_check() const;

    // The fees that the chain declares, for diagnostics.
    [[nodiscard]] Result<FeePolicy> fee_policy() const;

    // Peers as reported by the host; health_check() counts them. Connecting again updates the
    // version.
    Status connected(const HostNodeId& node, const std::string& peer_version);
    Status disconnected(const HostNodeId& node);  // not_found if it is not connected

    // The handlers by their path relative to the chain's: a single one, for the routes of
    // service.h. After shutdown it answers 503; it must not outlive the VM.
    [[nodiscard]] Result<std::map<std::string, HttpHandler>> create_handlers();
    [[nodiscard]] Result<HttpHandler> new_http_handler();

    // Releases the store; queued operations are already on disk. A second call has no effect.
    Status shutdown();

    // For a host that is the only validator: lets the node decide what is due. Returns when it
    // wants to be asked again: at once if the time is past. Nothing is due on an idle chain.
    virtual Result<TimestampNs> decide_if_due(TimestampNs now_ns,
                                              std::uint64_t block_interval_ns) = 0;
    // Before the host stops: decides what has been queued, so that whoever was answered finds it
    // accepted.
    virtual Status flush(TimestampNs now_ns) = 0;
    // The height of the last accepted block, or the number of the last cut.
    [[nodiscard]] Height height() const { return base_ ? base_->state().head.height : 0; }

protected:
    HostedVm() = default;
    // Opens the node, and closes it again.
    virtual Result<NodeBase*> open_node(const NodeSetup& setup) = 0;
    virtual void close_node() = 0;
    [[nodiscard]] virtual bool wants_work() const = 0;

    [[nodiscard]] Status check_open() const;
    [[nodiscard]] Status check_buildable() const;
    // Opens or closes the gate. Required after every call that may change what an item would do.
    void update_events();
    template <class Outcome>
    Outcome updated(Outcome outcome) {
        update_events();
        return outcome;
    }

private:
    EventGate events_;
    NodeBase* base_ = nullptr;  // the node while it is open
    std::unique_ptr<Service> service_;
    HostState state_ = HostState::kInitializing;
    std::map<HostNodeId, std::string> peers_;
};

}  // namespace aivm
