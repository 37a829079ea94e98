// What the two nodes of a VM share, whether it decides blocks (Node) or vertices (DagNode): a
// validator's key, the genesis, and a queue of operations that survives a restart. It is what the
// routes of the service see. It has no clock and no thread: the caller passes the time.
//
//   1. submit() accepts an operation only if it would succeed after everything that waits before
//      it. The operation is on disk before submit() returns, and stays queued across restarts.
//   2. After a failed write the node writes nothing more: it is unhealthy until it is opened again.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>

#include "core/config/limits.h"
#include "core/execution/build.h"
#include "core/execution/genesis.h"
#include "core/kernels/kernels.h"
#include "core/service/authorization.h"
#include "core/service/batching_store.h"
#include "core/service/chain_summary.h"
#include "core/vm/mempool.h"

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

// How far the network has come with a task that the routes show.
enum class Finality : std::uint8_t {
    kQueued = 0,    // in this node's queue, or in a vertex that is not decided
    kAccepted = 1,  // in an accepted vertex, of which no cut has settled what it does
    kSettled = 2    // in the state
};
constexpr auto enum_words(Finality) {
    return std::to_array<std::string_view>({"queued", "accepted", "settled"});
}

class NodeBase {
public:
    virtual ~NodeBase() = default;
    NodeBase(const NodeBase&) = delete;
    NodeBase& operator=(const NodeBase&) = delete;

    // Does what is due, if the node decides for itself.
    virtual Status advance(TimestampNs now_ns) = 0;
    // Queues the operation; fails with the error with which it would be refused. `note`, if not
    // null, is written together with it.
    virtual Status submit(const OperationPtr& operation, TimestampNs now_ns,
                          const WriteBatch* note = nullptr) = 0;
    // The state that is final here: after the last accepted block, or settled by the last cut.
    [[nodiscard]] virtual const State& state() const = 0;
    // The same after everything that is accepted or queued, if nothing more arrives.
    [[nodiscard]] virtual const State& pending_state(TimestampNs now_ns) = 0;
    // The id under which the task of a submission is stored.
    [[nodiscard]] std::string task_id_of(const Address& requester,
                                         std::string_view client_id) const;
    // Of a task that is in pending_state(). Nothing on a chain of blocks, where what is accepted is
    // settled.
    [[nodiscard]] virtual std::optional<Finality> finality_of(std::string_view) const {
        return std::nullopt;
    }
    [[nodiscard]] virtual const Mempool& mempool() const = 0;
    [[nodiscard]] virtual std::size_t processing_count() const = 0;

    // Uses up the nonce of a request. Fails with bad_nonce unless it is above every nonce that the
    // account has used.
    Status use_nonce(const Address& account, std::uint64_t nonce);
    // The nonce for the account's next operation.
    [[nodiscard]] std::uint64_t next_nonce(const Address& account, TimestampNs now_ns);

    // Of the accepted chain.
    [[nodiscard]] const ChainSummary& summary() const { return summary_; }
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
    // The timestamp of the block or cut of this height; the last one's for a height above it.
    [[nodiscard]] TimestampNs timestamp_of(Height height) const;

    // Every queued operation fits into the next block.
    static constexpr std::size_t kQueuedMax = kBlockOpsMax;

protected:
    explicit NodeBase(const NodeSetup& setup);
    // The genesis with this node among its validators.
    Status make_own_genesis();
    [[nodiscard]] MempoolLimits queue_limits() const;
    // Every operation queued in the store, in the order in which each account sent its own. They
    // were accepted by this node, so they are vouched for again without another check.
    Result<std::vector<OperationPtr>> load_queue();
    // Writes a queued operation.
    Status keep(const OperationPtr& operation, const WriteBatch* note);
    // The removal of operations that no longer wait, and the timestamp of the block or cut that
    // `settles`, if one does. An operation that is in `included` or no longer in the VM's queue
    // does not wait.
    struct Settles {
        Height height = 0;
        TimestampNs timestamp_ns = 0;
    };
    [[nodiscard]] std::shared_ptr<WriteBatch> leftovers_of(
        const std::vector<OperationPtr>& included, const std::optional<Settles>& settles);
    // An operation left the queue: its voucher is forgotten, unless it is still to be executed.
    virtual void release(const SignedOperation& operation) { authorizer_.forget(operation.id()); }
    // The secret that opens this validator's commitment in the state `parent`, and the commitment
    // to the next one.
    [[nodiscard]] Result<Hash32> opening(const State& parent) const;
    [[nodiscard]] BuildRequest request_on(const State& parent, const Hash32& secret,
                                          TimestampNs now_ns) const;
    [[nodiscard]] Status check_writable() const;
    Status failed(Status status);
    Status check_alone() const;

    NodeSetup setup_;
    Ed25519Key key_;
    ValidatorIndex self_{0};
    CpuKernels kernels_;
    ServiceAuthorizer authorizer_;
    BatchingStore store_;
    Rules rules_;
    ExecutedPtr genesis_;
    ChainSummary summary_;
    std::map<Hash32, OperationPtr> queued_;
    bool failed_ = false;
};

}  // namespace aivm
