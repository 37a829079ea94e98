// Whether an operation is fit for the lane of its kind: what a queue asks the state before it puts
// a fraud proof or assigned work into a lane that others cannot crowd.
//
//   challenge          of an open result, one per sender and result
//   challenge reveal   by the owner of an open commitment
//   dispute move       by the side that is due, one per game
//   evidence           that verifies, for a slot not yet punished
//   commit, reveal, result   by a provider selected for the task, at that stage, in its window
//   all others         are always fit for the rest
//
// The rules themselves (core/verification) decide when a block is built; these tests are their
// cheap part, and what they let through in error costs a builder one try.
#pragma once

#include "core/chain/operation.h"
#include "core/state/rules.h"
#include "core/state/state.h"

namespace aivm {

struct Fitness {
    enum class Verdict : std::uint8_t {
        kFit,
        kWaits,  // not yet: it may become fit
        kNever   // it cannot succeed on this branch of the chain any more
    };
    Verdict verdict = Verdict::kFit;
    // kWaits: the first block in which it is fit unless its task changes; 0: a change decides.
    Height not_before = 0;
    // kNever: why.
    ErrorCode reason = ErrorCode::kWrongState;

    static Fitness waits(Height not_before = 0) { return {Verdict::kWaits, not_before}; }
    static Fitness never(ErrorCode reason) { return {Verdict::kNever, 0, reason}; }
};

// The fitness of the operation for the block after this state.
Fitness fitness_of(const State& state, const Rules& rules, const SignedOperation& operation);

}  // namespace aivm
