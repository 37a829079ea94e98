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
    std::vector<LeftOut> left_out;  // those that were tried and refused
};

// Where a builder gets operations from: in batches, because keys are hashed side by side, and each
// batch after the verdicts on the one before.
class OperationSource {
public:
    virtual ~OperationSource() = default;
    // The next operations to try, in order. They fit into the block together with all earlier
    // ones, refused ones included. Empty: there are no more.
    virtual std::vector<OperationPtr> next_batch() = 0;
    // Whether to try this operation of the last batch, after the verdicts on those before it.
    virtual bool is_due(const SignedOperation& operation) = 0;
    // The operation was tried and refused, so that its space is free again.
    virtual void note_refused(const SignedOperation& operation, ErrorCode reason) = 0;
};

// The header of the next block on `parent`, without the roots after it.
BlockHeader next_header(const Executed& parent, const BuildRequest& request);

// Builds on `parent` with operations from the source, until it has no more. They must fit into a
// block.
Result<Built> build_on(const Executed& parent, const BuildRequest& request, OperationSource& source,
                       const Rules& rules);
// The same with these candidates, in order; those that are refused or do not fit are left out.
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
                             OperationSource& source, const Rules& rules);
Result<Built> build_unsealed(const Executed& parent, const UnsealedRequest& request,
                             const std::vector<OperationPtr>& candidates, const Rules& rules);

}  // namespace aivm
