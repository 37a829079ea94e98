// The sequence that turns a parent's state into the state after a block. Executing, building and
// replaying a block, executing a slice of the DAG, and trying operations against the next block all
// go through it, so the order that the protocol fixes stands here and nowhere else:
//
//   BlockRun(...)   1. settlements and draws due at this height
//   apply()         2. the operations, in order
//   finish()        3. timeouts: dispute deadlines, ends of commit windows, ends of reveal windows,
//                      each in the order of their records, then task timeouts in order of time
//                   4. the kernel round, with an anchor when one is due
//                   5. the receipt tree, the writes of the block, and the new state root
#pragma once

#include <span>

#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm {

// Fails with not_authorized unless the sender has signed the operation. The escrow account never
// signs.
Status check_authorized(const SignedOperation& operation, const Rules& rules);

class BlockRun {
public:
    enum class Refusals { kExplained, kCodeOnly };

    // Begins a block on a copy of `parent`. With kCodeOnly, refusals of operations carry no text,
    // which is faster where most callers only look at the code. `rules` must outlive the run.
    BlockRun(const State& parent, const BlockContext& block, const Rules& rules,
             Refusals refusals = Refusals::kExplained);

    // Hashes the keys of all task submissions among these operations side by side. Optional; it
    // only saves time. Requires that the operations outlive the run and are applied in this order.
    void prepare(std::span<const OperationPtr> operations);

    // Applies one operation and pays its inclusion fee to the block's proposer, or refuses it
    // without changing anything: it is not authorised, its nonce is stale, its sender cannot pay
    // for it, or it breaks a rule of its kind.
    Status apply(const SignedOperation& operation) { return apply(operation, t_.block().proposer); }
    // The same for an operation that another proposer has included (a vertex of a slice).
    Status apply(const SignedOperation& operation, ValidatorIndex proposer);

    // Charges the inclusion fee of an operation that was included and refused. If the sender can
    // pay it, this uses up the operation's nonce, so that nobody can charge the fee twice; else,
    // and without a fee, it changes nothing.
    void charge_void(const SignedOperation& operation, ValidatorIndex proposer);

    // The state so far.
    [[nodiscard]] const State& state() const { return t_.state(); }

    // Ends the block. Fails only if a kernel fails: the machine is broken then, not the block.
    Result<Transition::Finished> finish() &&;
    // The same without writes and with the parent's state root, for blocks that are never stored.
    Result<Transition::Finished> finish_unsealed() &&;

private:
    [[nodiscard]] Status check_nonce(const SignedOperation& operation) const;
    [[nodiscard]] const Address& payee(ValidatorIndex proposer) const;
    void count_proof(const SignedOperation& operation);
    Status run_end_of_block();

    Transition t_;
    std::size_t operations_ = 0;  // that took effect
    std::size_t proofs_ = 0;      // fraud proofs that took effect, and their bytes
    std::size_t proof_bytes_ = 0;
};

}  // namespace aivm
