// The VM: what a node runs. Verified blocks are kept as snapshots beside the accepted chain until
// consensus decides.
//
//   1. verify() requires that the parent is accepted or verified. It keeps a snapshot on success
//      and nothing on failure.
//   2. accept() requires that the parent was accepted last. It is one atomic write, and nothing in
//      memory changes before it succeeded.
//   3. reject() drops that block's snapshot and returns its operations to the queue.
//   4. Every result is a function of the arguments and the store: time is an argument, and nothing
//      is read from the host.
// Thread safety: one VM belongs to one thread.
#pragma once

#include <map>
#include <memory>

#include "core/execution/build.h"
#include "core/vm/mempool_selection.h"
#include "core/vm/vm_base.h"

namespace aivm {

enum class BlockStatus : std::uint8_t {
    kUnknown = 0,
    kProcessing = 1,
    kRejected = 2,
    kAccepted = 3
};
constexpr auto enum_words(BlockStatus) {
    return std::to_array<std::string_view>({"unknown", "processing", "rejected", "accepted"});
}

class Vm final : public VmBase {
public:
    struct Setup {
        ExecutedPtr genesis;  // from make_genesis; fixes the sizes of the kernel tables
        const Rules* rules = nullptr;
        Executor* executor = nullptr;
        KeyValueStore* store = nullptr;
        MempoolLimits queue = {};
    };

    // Opens the chain in the store, or starts from genesis if the store is empty. Everything that
    // `setup` points to must outlive the VM.
    static Result<Vm> open(const Setup& setup);

    // Queues an operation after the checks that need no ordering: nonce, authorisation, a task's
    // fee and form, its sender's balance, and room in the queue (core/vm/mempool.h).
    Status submit(const OperationPtr& operation);
    // The same for one that succeeded in a trial of the next block, after its settlements and
    // draws.
    Status submit_tried(const OperationPtr& operation);

    struct BuildOptions {
        BuildRequest request;
        std::size_t operations_max = kBlockOpsDefault;
        std::size_t bytes_max = kBlockSpaceBytesMax;  // of all operations
        MempoolSelection::Include include;            // empty: everything
        // Receives the operations that were tried and refused, unless it is null.
        std::vector<LeftOut>* refused = nullptr;
    };
    // Builds and verifies a block on the preferred one. Fails with kConflict if this node has
    // signed one on the same parent, across restarts too, so that an honest node never equivocates.
    Result<BlockPtr> build_block(const BuildOptions& options);

    // The blocks that this node built, before a restart too, above the last accepted height; by
    // height. Some may be rejected already.
    [[nodiscard]] Result<std::vector<BlockPtr>> own_undecided() const;

    [[nodiscard]] static Result<BlockPtr> parse_block(ByteView sealed) {
        return Block::decode(sealed);
    }

    // Does not change committed state. Fails with kTooEarly if the block is further than the
    // allowed skew ahead of `now_ns`.
    Status verify(const BlockPtr& block, TimestampNs now_ns);
    Status accept(const Hash32& id);
    Status reject(const Hash32& id);

    // Sets the block on which new ones are built: a verified one, or the last accepted.
    Status set_preference(const Hash32& id);

    [[nodiscard]] const Hash32& preferred() const { return preferred_->id; }
    [[nodiscard]] const Hash32& last_accepted() const { return tip_->id; }
    [[nodiscard]] Height last_accepted_height() const { return tip_->state.head.height; }
    [[nodiscard]] Result<BlockStatus> status(const Hash32& id) const;
    // A verified or the last accepted block with its state; null for others.
    [[nodiscard]] ExecutedPtr executed(const Hash32& id) const;
    [[nodiscard]] const State& state() const { return tip_->state; }
    [[nodiscard]] const State& preferred_state() const { return preferred_->state; }
    // Verified and accepted blocks; not_found for all others.
    [[nodiscard]] Result<BlockPtr> get_block(const Hash32& id) const;
    // Fails with kNotFound above the tip.
    [[nodiscard]] Result<Hash32> block_id_at_height(Height height) const;
    [[nodiscard]] std::size_t processing_count() const { return processing_.size(); }
    // Whether a block built now would have something to do: queued operations, or settlements and
    // draws in waiting.
    [[nodiscard]] bool wants_block() const;

private:
    explicit Vm(const Setup& setup);
    [[nodiscard]] Result<ExecutedPtr> load_tip(ByteView record) const;
    [[nodiscard]] ExecutedPtr parent_of(const Block& block) const;
    void process(const ExecutedPtr& executed);
    void prefer(const ExecutedPtr& wanted);
    [[nodiscard]] MempoolSelection::Include unused(MempoolSelection::Include include) const;

    Setup setup_;
    ExecutedPtr tip_;
    ExecutedPtr preferred_;
    std::map<Hash32, ExecutedPtr> processing_;
};

}  // namespace aivm
