// Making a block: applies queued operations to the parent's state, leaves out those that are
// refused, and seals the rest.
#pragma once

#include <functional>
#include <vector>

#include "core/execution/execute.h"

namespace aivm {

// What a proposer contributes to a new block.
struct BuildRequest {
    ValidatorIndex proposer;
    TimestampNs timestamp_ns = 0;  // the parent's, if that is later
    Hash32 beacon_secret;          // opens the commitment in the proposer's previous block
    Hash32 beacon_commitment;      // to its next secret
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

// The header of the next block on `parent`, without the roots after it.
BlockHeader next_header(const Executed& parent, const BuildRequest& request);

// Builds on `parent`, applying the candidates in order; those that are refused or do not fit are
// left out.
Result<Built> build_on(const Executed& parent, const BuildRequest& request,
                       const std::vector<OperationPtr>& candidates, const Rules& rules);

struct UnsealedRequest {
    Hash32 id;  // of the new block; the caller guarantees that it is unique
    ValidatorIndex proposer;
    TimestampNs timestamp_ns = 0;  // the parent's, if that is later
    Hash32 beacon;                 // of the new block
};

// Builds a block without its seal: the same rules, but no bytes, signature, roots or write batch.
// For simulations in which one actor builds every block and nobody checks it. Fails if the proposer
// does not exist or a kernel fails.
Result<Built> build_unsealed(const Executed& parent, const UnsealedRequest& request,
                             const std::vector<OperationPtr>& candidates, const Rules& rules);

}  // namespace aivm
