// Executing a block that another node made: the pure step from its parent's state to its own, and
// the interface through which replicas share that work. (Making a block: build.h.)
#pragma once

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
    // State delta, block bytes, height index and tip: what accepting the block writes. Null if
    // nothing is stored (build_unsealed).
    std::shared_ptr<const WriteBatch> batch;
};
using ExecutedPtr = std::shared_ptr<const Executed>;

// keccak(parent's beacon || secret)
Hash32 next_beacon(const Hash32& parent_beacon, const Hash32& secret);

// The context in which a block with this header is applied to its parent.
BlockContext context_of(const State& parent, const BlockHeader& header);

// The kernel round's root in a state, which the header of a child repeats.
Hash32 aivm_root(const State& state);

// Everything in a header that the parent's state decides, except the roots after the block.
Status check_header(const State& parent, const BlockHeader& header, const Rules& rules);

// The block with what its run has left; completes the batch with the block's own records.
ExecutedPtr make_executed(const BlockPtr& block, Transition::Finished finished);

// Checks the block against its parent's state (height, time, beacon, proposer's signature, roots)
// and applies it. A pure function: a block that fails leaves nothing behind, and the clock is not
// looked at.
Result<ExecutedPtr> execute_block(const State& parent, const BlockPtr& block, const Rules& rules);

// Executes the blocks of a VM. Replicas of one simulated world share an implementation that
// computes each block once, since all of them must reach the same result.
class Executor {
public:
    virtual ~Executor() = default;
    virtual Result<ExecutedPtr> execute(const State& parent, const BlockPtr& block,
                                        const Rules& rules) = 0;
    // Notes a block that was built here and therefore need not be executed again.
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
