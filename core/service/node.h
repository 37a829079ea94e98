// A node of a chain: the VM, a validator's key, and the queue of what was sent to it. No clock and
// no thread of its own; whoever drives it says what time it is. Alone on its chain it builds and
// accepts its blocks itself (advance, flush); where it is hosted, consensus outside of it builds,
// verifies and decides (chain_vm.h).
//
//   1. Unhosted, it builds a block when there is something to do and the interval since the last
//      one is over.
//   2. An operation is taken in only if the next block, as it stands, would take it; it is on disk
//      before submit() returns, and stays queued over a restart.
//   3. Each block is one atomic write, what the VM notes about signing it and the emptied queue
//      included.
//   4. After a failed write nothing more is written: the node is unhealthy until it is opened
//      again.
#pragma once

#include <memory>
#include <optional>

#include "core/execution/block_run.h"
#include "core/execution/genesis.h"
#include "core/kernels/kernels.h"
#include "core/service/authorization.h"
#include "core/service/batching_store.h"
#include "core/vm/vm.h"

namespace aivm {

struct NodeSetup {
    VmParameters parameters;
    // without validators: the node is the only one; else its key must be among them
    Genesis genesis;
    Address vendor_root;  // signs attestation evidence; all zero: none verifies
    Ed25519Seed seed;     // the node's key and its beacon secrets
    std::uint64_t block_interval_ns = 4'000'000'000;
    KeyValueStore* store = nullptr;  // outlives the node
    // blocks come about only as a consensus host says; needed beside other validators
    bool hosted = false;
};

// What a validator with this seed stands in genesis with: the commitment that its first block
// opens.
Hash32 first_beacon_commitment(const Ed25519Seed& seed);

// The seed that the store's chain was begun with; a store without one keeps `fresh`.
Result<Ed25519Seed> seed_of_store(KeyValueStore& store, const Ed25519Seed& fresh);

class Node {
public:
    // The chain that the store holds, or a new one. Refuses a store that belongs to another genesis
    // or another seed.
    static Result<std::unique_ptr<Node>> open(const NodeSetup& setup);
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    // Builds and accepts a block if one is due.
    Status advance(TimestampNs now_ns);
    // Builds one at once for what is queued, due or not: before the node is put away.
    Status flush(TimestampNs now_ns);

    // ---- for a consensus host, who decides ----
    // On the preferred block; processing from then on, like one that was verified.
    Result<BlockPtr> build_block(TimestampNs now_ns);
    Status verify(const BlockPtr& block, TimestampNs now_ns);
    // One atomic write with the node's own part; nothing has changed when it fails. Errors as
    // Vm::accept.
    Status accept(const Hash32& id);
    Status reject(const Hash32& id);
    Status set_preference(const Hash32& id);

    // Queues the operation; the error is the one the next block would give. `note` is written
    // together with it, null for none.
    Status submit(const OperationPtr& operation, TimestampNs now_ns,
                  const WriteBatch* note = nullptr);

    // Takes a request's nonce for good; bad_nonce unless it is above all that the account has used.
    Status use_nonce(const Address& account, std::uint64_t nonce);
    // What the account's next operation may carry.
    [[nodiscard]] std::uint64_t next_nonce(const Address& account, TimestampNs now_ns);

    [[nodiscard]] const Vm& vm() const { return *vm_; }
    [[nodiscard]] const State& state() const { return vm_->state(); }
    // As the next block would leave it if nothing more came: the preferred state with everything
    // queued applied.
    [[nodiscard]] const State& pending_state(TimestampNs now_ns);
    [[nodiscard]] const Rules& rules() const { return rules_; }
    [[nodiscard]] const KeyValueStore& store() const { return store_; }
    [[nodiscard]] bool healthy() const { return !failed_; }
    // Whether no other validator has a say.
    [[nodiscard]] bool alone() const { return setup_.genesis.validators.size() == 1; }
    // The stand-in for block 0, see core/execution/genesis.h.
    [[nodiscard]] const Hash32& genesis_id() const { return genesis_->id; }
    [[nodiscard]] Bytes genesis_block_bytes() const {
        return genesis_bytes(setup_.genesis, genesis_->state.state_root);
    }
    // The block's timestamp; of the last one for heights above it.
    [[nodiscard]] TimestampNs timestamp_of(Height height) const;

    static constexpr std::size_t kQueuedMax = 10'000;

private:
    explicit Node(const NodeSetup& setup);
    Status open_vm();
    Status load_queue();
    Result<BlockPtr> build_on_preference(TimestampNs now_ns);
    Status build_and_accept(TimestampNs now_ns);
    Status accept_with_leftovers(const Block& block);
    [[nodiscard]] BuildRequest next_request(const Hash32& secret, TimestampNs now_ns) const;
    BlockRun& trial(TimestampNs now_ns);
    // The secret that opens the commitment in the node's block before the one on `parent`.
    [[nodiscard]] Result<Hash32> opening(const State& parent) const;
    [[nodiscard]] std::shared_ptr<WriteBatch> leftovers_of(const Block& block);
    [[nodiscard]] Status check_writable() const;
    Status failed(Status status);

    NodeSetup setup_;
    Ed25519Key key_;
    ValidatorIndex self_{0};
    CpuKernels kernels_;
    ServiceAuthorizer authorizer_;
    DirectExecutor executor_;
    BatchingStore store_;
    Rules rules_;
    ExecutedPtr genesis_;
    std::optional<Vm> vm_;
    std::map<Hash32, OperationPtr> queued_;
    std::optional<BlockRun> trial_;  // the next block so far
    bool failed_ = false;
};

}  // namespace aivm
