// What the state says about an operation that arrives at a queue (Mempool::Offer): its fitness, and
// what it takes from its sender's free balance.
#pragma once

#include "core/execution/execute.h"
#include "core/state/rules.h"
#include "core/vm/mempool.h"

namespace aivm {

// The operation's inclusion fee and what its kind locks or pays. Fails with kInsufficientFunds if
// that exceeds every possible balance.
Result<Amount> cost_of(const State& state, const VmParameters& parameters,
                       const SignedOperation& operation);

// Fails with bad_nonce for a nonce that its sender has used, for a task as check_submission does,
// and as cost_of does. The operation's authorisation is not checked.
Result<Mempool::Offer> offer_of(const State& state, const Rules& rules,
                                const SignedOperation& operation);

// Passes on to the queue which jobs this block has changed.
void note_changes(Mempool& queue, const Executed& block);

}  // namespace aivm
