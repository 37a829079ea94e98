// Blocks without their seals: the VM's transition rules and nothing of what lets a block travel or
// be stored. No bytes, signatures, roots or write batches; who needs those builds with execute.h.
// For simulations in which one actor builds all blocks and everybody believes it.
#pragma once

#include "core/execution/execute.h"

namespace aivm {

struct UnsealedRequest {
    Hash32 parent;
    Hash32 id;  // of the new block; its maker vouches for its being unique
    ValidatorIndex proposer;
    TimestampNs timestamp_ns = 0;
    Hash32 beacon;  // of the new block
};

// Applies the candidates in order, leaving out those that are refused. Errors: a proposer that does
// not exist, and what ends a block badly (a kernel that fails).
Result<Built> build_unsealed(const State& parent, const UnsealedRequest& request,
                             const std::vector<OperationPtr>& candidates, const Rules& rules);

}  // namespace aivm
