// Executing blocks: the pure step from a parent's state and a block to the block's state, and the
// seam through which replicas share it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/chain/block.h"
#include "core/state/event.h"
#include "core/state/state.h"
#include "core/state/transition.h"
#include "core/state/write_batch.h"

namespace aivm {

// A verified block with everything that follows from it.
struct Executed {
    Hash32 id;
    BlockPtr block;  // null for genesis
    State state;     // after the block
    std::vector<VmEvent> events;
    Touched touched;
    // State delta, block bytes, height index and tip: what Accept writes. Null where
    // nothing is stored (unsealed.h).
    std::shared_ptr<const WriteBatch> batch;
};
using ExecutedPtr = std::shared_ptr<const Executed>;

// keccak(parent's beacon || secret)
Hash32 next_beacon(const Hash32& parent_beacon, const Hash32& secret);

// Checks the block against its parent's state (height, time, beacon, proposer's signature, roots),
// applies it and returns the result; on any fault nothing exists afterwards that did not before.
// Does not look at the clock.
Result<ExecutedPtr> execute_block(const State& parent, const BlockPtr& block, const Rules& rules);

// What a proposer brings to a new block.
struct BuildRequest {
    Hash32 parent;
    ValidatorIndex proposer;
    TimestampNs timestamp_ns = 0;
    Hash32 beacon_secret;
    Hash32 beacon_commitment;
    // Signs the slot message.
    std::function<Bytes(const Hash32& slot_message)> sign;
};

// An operation that the builder left out, and why.
struct LeftOut {
    OperationPtr operation;
    ErrorCode reason;
};

struct Built {
    ExecutedPtr executed;
    std::vector<LeftOut> left_out;
};

// Builds on the parent's state, taking the candidates in order and leaving out those that are
// refused.
Result<Built> build_on(const State& parent, const BuildRequest& request,
                       const std::vector<OperationPtr>& candidates, const Rules& rules);

// How a VM has its blocks executed. Replicas of one simulated world share an implementation that
// computes each block once, since they must all come to the same result.
class Executor {
public:
    virtual ~Executor() = default;
    virtual Result<ExecutedPtr> execute(const State& parent, const BlockPtr& block,
                                        const Rules& rules) = 0;
    // A block that was just built here, and so need not be executed again.
    virtual void remember(const ExecutedPtr& built) = 0;
};

// Executes every block itself.
class DirectExecutor final : public Executor {
public:
    Result<ExecutedPtr> execute(const State& parent, const BlockPtr& block,
                                const Rules& rules) override {
        return execute_block(parent, block, rules);
    }
    void remember(const ExecutedPtr&) override {}
};

}  // namespace aivm
