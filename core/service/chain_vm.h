// The VM as a consensus host sees it: the published life cycle, from Initialize to Shutdown, over a
// Node. `aivmsim serve` is such a host, for a chain with one validator; a host that runs consensus
// between several is no part of the project yet.
//
//   1. Before initialize() and after shutdown() every call fails with not_initialized.
//   2. Blocks go Unknown -> Processing -> {Accepted, Rejected}: verify after the parent was
//      verified, accept after the parent was accepted, and each verified block is decided once.
//   3. Time is an argument, and nothing runs in the background.
// This is the VM of a chain; for a DAG see core/vm/dag_vm.h. Thread safety: one ChainVm belongs to
// one thread, except that any thread may call wait_for_event(), which alone blocks.
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

class ChainVm;

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

// A block as the host handles it: its contents, and the calls by which the host decides it. The VM
// must outlive it.
class ChainBlock {
public:
    [[nodiscard]] const Hash32& id() const { return id_; }
    [[nodiscard]] const Hash32& parent() const { return parent_; }  // zero for genesis
    [[nodiscard]] Height height() const { return height_; }
    [[nodiscard]] TimestampNs timestamp_ns() const { return timestamp_ns_; }
    // The canonical encoding, which parse_block accepts. For genesis it is genesis_bytes() of
    // core/execution/genesis.h.
    [[nodiscard]] Bytes bytes() const;
    // The published form; genesis has no payload.
    [[nodiscard]] std::string json() const;
    [[nodiscard]] Result<BlockStatus> status() const;

    Status verify(TimestampNs now_ns) const;
    Status accept() const;
    Status reject() const;

private:
    friend class ChainVm;
    ChainBlock(ChainVm& vm, BlockPtr block);
    static ChainBlock genesis(ChainVm& vm);
    explicit ChainBlock(ChainVm& vm) : vm_(&vm) {}

    ChainVm* vm_;
    BlockPtr block_;  // null for genesis
    Hash32 id_;
    Hash32 parent_;
    Height height_ = 0;
    TimestampNs timestamp_ns_ = 0;
};

class ChainVm {
public:
    struct Init {
        std::string genesis;  // JSON, see genesis_json.h
        std::string config;   // JSON, see core/config/config_json.h; empty for the defaults
        Policy policy;
        Ed25519Seed seed;  // the node's key and its beacon secrets
        KeyValueStore* store = nullptr;
        Service::Access access = Service::Access::kAuthorized;
    };
    // Opens the chain in the store, or creates it. Errors: wrong_state if it is already open, those
    // of the two JSON parsers, and config if the store belongs to another genesis or the seed's key
    // is not one of several validators.
    Status initialize(const Init& init);
    // The same with files that were read already. `setup.hosted` is ignored: the caller is the
    // host.
    Status initialize(NodeSetup setup, Service::Access access);

    // Takes a number of HostState; blocks are built only in normal operation. Errors:
    // invalid_argument for any other number.
    Status set_state(std::uint32_t state);
    [[nodiscard]] static std::string version() { return std::string(kVmVersion); }

    // Builds on the preferred block. Errors: wrong_state outside normal operation; conflict if a
    // block of that height was signed before; not_found if no block is wanted.
    Result<ChainBlock> build_block(TimestampNs now_ns);
    // For a host that is the only validator of the chain: builds the next block and accepts it in
    // one atomic write, so that a crash in between cannot leave a signed height without its block.
    // Errors: as build_block, and wrong_state if there are other validators.
    Status decide_next_block(TimestampNs now_ns);
    Result<ChainBlock> parse_block(ByteView bytes);
    // Verified and accepted blocks, genesis included; not_found for all others.
    Result<ChainBlock> get_block(const Hash32& id);
    [[nodiscard]] Result<Hash32> block_id_at_height(Height height) const;
    [[nodiscard]] Result<Hash32> last_accepted() const;
    Status set_preference(const Hash32& id);

    // Waits until a block built now would have something to do. Returns nothing if that is not so
    // within `timeout` or before `cancel` is requested, and fails with not_initialized if the VM is
    // not open or is shut down meanwhile. The event remains until a block is decided or preferred:
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

    // The underlying node; null before initialize and after shutdown.
    [[nodiscard]] Node* node() { return node_.get(); }

private:
    friend class ChainBlock;
    [[nodiscard]] Status check_open() const;
    [[nodiscard]] Status check_buildable() const;
    // Opens or closes the gate. Required after every call that may change what a block would do.
    void update_events();
    template <class Outcome>
    Outcome updated(Outcome outcome) {
        update_events();
        return outcome;
    }

    EventGate events_;
    std::unique_ptr<Node> node_;
    std::unique_ptr<Service> service_;
    HostState state_ = HostState::kInitializing;
    std::map<HostNodeId, std::string> peers_;
};

// Makes VMs for the host's registry, in which their name is vm_id() of core/execution/genesis.h.
struct Factory {
    [[nodiscard]] static std::unique_ptr<ChainVm> new_vm() { return std::make_unique<ChainVm>(); }
};

}  // namespace aivm
