// The common part of the two VMs, whether consensus decides blocks in a row (Vm) or vertices one by
// one (DagVm): the queue of operations, the checks at its entrance, and what this node has signed.
#pragma once

#include <map>
#include <string_view>

#include "core/state/store.h"
#include "core/state/transition.h"
#include "core/vm/mempool.h"

namespace aivm {

class VmBase {
public:
    [[nodiscard]] const Mempool& mempool() const { return mempool_; }

protected:
    // Both must outlive the VM.
    VmBase(const Rules& rules, KeyValueStore& store, const MempoolLimits& queue = {});

    // Queues an operation after the checks that need no ordering: its nonce and authorisation, a
    // task's fee and form, its sender's balance, and room in the queue.
    enum class Tried : std::uint8_t { kNo, kOnNextBlock };
    Status queue(const State& state, const OperationPtr& operation, Tried tried = Tried::kNo);
    // Brings the queue up to this state.
    void refresh_queue(const State& state);

    // Fails with too_early if the timestamp is further than the allowed skew ahead of the clock.
    Status check_not_early(TimestampNs timestamp_ns, TimestampNs now_ns) const;

    // Whether a block or vertex built now would have something to do: operations that the queue
    // offers or holds back for some blocks, or timers (settlements, draws, timeouts).
    [[nodiscard]] bool has_work(const State& state) const;

    // An honest node signs at most one block on each parent, or one vertex per sequence, across
    // restarts too. A builder of blocks first calls check_unsigned(), which fails with conflict,
    // and then remember_signed(), before anybody else can see the signature.
    //
    // The block itself is stored in the same write, until its height is at most `decided`, so that
    // a node that stops before anybody else has the block can issue it again.
    Status load_signed();
    Status check_unsigned(const ProposalSlot& slot) const;
    Status remember_signed(const ProposalSlot& slot, ByteView sealed, Height decided);
    // The same for vertices, which their caller stores: `item` is written along.
    Status remember_signed(std::uint64_t sequence, std::shared_ptr<WriteBatch> item);
    // The sealed bytes of the stored blocks.
    [[nodiscard]] const std::map<ProposalSlot, Bytes>& signed_items() const {
        return signed_items_;
    }
    [[nodiscard]] std::uint64_t signed_number() const { return signed_number_; }

    Mempool mempool_;

private:
    const Rules* rules_;
    KeyValueStore* store_;
    std::uint64_t signed_number_ = 0;  // the greatest height or sequence
    std::map<ProposalSlot, Bytes> signed_items_;
};

}  // namespace aivm
