// A node of a chain: the VM with what NodeBase adds to it. Alone on its chain it builds and accepts
// its blocks itself (advance, flush); a hosted node leaves it to a consensus host (chain_vm.h) when
// to build and what to accept.
//
//   1. Unhosted, it builds a block when there is something to do and the block interval has passed.
//   2. submit() accepts an operation only if the next block, as it stands, would include it.
//   3. Each block is one atomic write, which includes the VM's record of what it signed and the
//      changes of the queue.
#pragma once

#include "core/execution/block_run.h"
#include "core/service/node_base.h"
#include "core/vm/vm.h"

namespace aivm {

class Node final : public NodeBase {
public:
    // Opens the chain in the store, or creates one. Fails on a store of another genesis or seed,
    // and with config for the rules of a DAG.
    static Result<std::unique_ptr<Node>> open(const NodeSetup& setup);

    // Builds and accepts a block if one is due.
    Status advance(TimestampNs now_ns) override;
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

    Status submit(const OperationPtr& operation, TimestampNs now_ns,
                  const WriteBatch* note = nullptr) override;

    [[nodiscard]] const Vm& vm() const { return *vm_; }
    [[nodiscard]] const State& state() const override { return vm_->state(); }
    // The preferred state with every queued operation applied: the state after the next block if
    // nothing more arrives.
    [[nodiscard]] const State& pending_state(TimestampNs now_ns) override;
    [[nodiscard]] const Mempool& mempool() const override { return vm_->mempool(); }
    [[nodiscard]] std::size_t processing_count() const override { return vm_->processing_count(); }

private:
    explicit Node(const NodeSetup& setup) : NodeBase(setup) {}
    Status open_vm();
    Result<BlockPtr> build_on_preference(TimestampNs now_ns);
    Status build_and_accept(TimestampNs now_ns);
    Status accept_with_leftovers(const Block& block);
    BlockRun& trial(TimestampNs now_ns);

    DirectExecutor executor_;
    std::optional<Vm> vm_;
    std::optional<BlockRun> trial_;  // the next block so far; empty until it is asked for
};

}  // namespace aivm
