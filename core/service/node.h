// A node of a chain: the VM, a validator's key, and a queue of operations that survives a restart.
// It has no clock and no thread: the caller passes the time. Alone on its chain it builds and
// accepts its blocks itself (advance, flush); a hosted node leaves it to a consensus host
// (chain_vm.h) when to build and what to accept.
//
//   1. Unhosted, it builds a block when there is something to do and the block interval has passed.
//   2. submit() accepts an operation only if the next block, as it stands, would include it. The
//      operation is on disk before submit() returns, and stays queued across restarts.
//   3. Each block is one atomic write, which includes the VM's record of the signed height and the
//      changes of the queue.
//   4. After a failed write the node writes nothing more: it is unhealthy until it is opened again.
#pragma once

#include <memory>
#include <optional>

#include "core/config/limits.h"
#include "core/execution/block_run.h"
#include "core/execution/genesis.h"
#include "core/kernels/kernels.h"
#include "core/service/authorization.h"
#include "core/service/batching_store.h"
#include "core/service/chain_summary.h"
#include "core/vm/vm.h"

namespace aivm {

struct NodeSetup {
    VmParameters parameters;
    // Without validators the node is the only one; otherwise its key must be one of theirs.
    Genesis genesis;
    Address vendor_root;  // signs attestation evidence; all zero: none verifies
    Ed25519Seed seed;     // the node's key and its beacon secrets
    std::uint64_t block_interval_ns = 4'000'000'000;
    KeyValueStore* store = nullptr;  // must outlive the node
    Kernels* kernels = nullptr;      // must outlive the node; null: the canonical ones
    // Only a consensus host makes blocks; required if there are other validators.
    bool hosted = false;
};

// The beacon commitment of a validator with this seed in genesis, which its first block opens.
Hash32 first_beacon_commitment(const Ed25519Seed& seed);

// The seed with which the chain in the store was created. A store without one records `fresh`.
Result<Ed25519Seed> seed_of_store(KeyValueStore& store, const Ed25519Seed& fresh);

class Node {
public:
    // Opens the chain in the store, or creates one. Fails on a store of another genesis or seed.
    static Result<std::unique_ptr<Node>> open(const NodeSetup& setup);
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    // Builds and accepts a block if one is due.
    Status advance(TimestampNs now_ns);
    // Builds and accepts a block at once if anything is queued: before the node is closed.
    Status flush(TimestampNs now_ns);

    // ---- for a consensus host, which decides blocks ----
    // For the only validator: builds the next block and accepts it, in one atomic write. Fails with
    // wrong_state if there are other validators.
    Status decide_alone(TimestampNs now_ns);
    // Builds on the preferred block. The block is then processing, like one that was verified.
    Result<BlockPtr> build_block(TimestampNs now_ns);
    Status verify(const BlockPtr& block, TimestampNs now_ns);
    // One atomic write, including the node's own records; on failure nothing has changed. Errors as
    // in Vm::accept.
    Status accept(const Hash32& id);
    Status reject(const Hash32& id);
    Status set_preference(const Hash32& id);

    // Queues the operation; fails with the error with which the next block would refuse it. `note`,
    // if not null, is written together with it.
    Status submit(const OperationPtr& operation, TimestampNs now_ns,
                  const WriteBatch* note = nullptr);

    // Uses up the nonce of a request. Fails with bad_nonce unless it is above every nonce that the
    // account has used.
    Status use_nonce(const Address& account, std::uint64_t nonce);
    // The nonce for the account's next operation.
    [[nodiscard]] std::uint64_t next_nonce(const Address& account, TimestampNs now_ns);

    [[nodiscard]] const Vm& vm() const { return *vm_; }
    [[nodiscard]] const State& state() const { return vm_->state(); }
    // Of the accepted chain.
    [[nodiscard]] const ChainSummary& summary() const { return summary_; }
    // The preferred state with every queued operation applied: the state after the next block if
    // nothing more arrives.
    [[nodiscard]] const State& pending_state(TimestampNs now_ns);
    [[nodiscard]] const Rules& rules() const { return rules_; }
    [[nodiscard]] const KeyValueStore& store() const { return store_; }
    [[nodiscard]] bool healthy() const { return !failed_; }
    // Whether this node is the only validator.
    [[nodiscard]] bool alone() const { return setup_.genesis.validators.size() == 1; }
    // Stands for block 0, see core/execution/genesis.h.
    [[nodiscard]] const Hash32& genesis_id() const { return genesis_->id; }
    [[nodiscard]] Bytes genesis_block_bytes() const {
        return genesis_bytes(setup_.genesis, genesis_->state.state_root, rules_);
    }
    // The block's timestamp; the last block's for a height above it.
    [[nodiscard]] TimestampNs timestamp_of(Height height) const;

    // Every queued operation fits into the next block.
    static constexpr std::size_t kQueuedMax = kBlockOpsMax;

private:
    explicit Node(const NodeSetup& setup);
    Status open_vm();
    Status load_queue();
    Result<BlockPtr> build_on_preference(TimestampNs now_ns);
    Status build_and_accept(TimestampNs now_ns);
    Status accept_with_leftovers(const Block& block);
    [[nodiscard]] BuildRequest next_request(const Hash32& secret, TimestampNs now_ns) const;
    BlockRun& trial(TimestampNs now_ns);
    // The secret that opens this validator's commitment in the state `parent`.
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
    ChainSummary summary_;
    std::map<Hash32, OperationPtr> queued_;
    std::optional<BlockRun> trial_;  // the next block so far; empty until it is asked for
    bool failed_ = false;
};

}  // namespace aivm
