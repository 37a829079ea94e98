// What disputes find out about a posted result, and what follows at once for the disputes on it.
//
// Either the truth, because the model was run again: that settles the result whatever was claimed,
// and happens at most once for it. Or only that its provider lost a game: then it is proven wrong,
// but which claim is right shows when the job's answer is final. Both end all games on the result.
// Commitments made before are still revealed, and judged by what is known then; the result is
// settled when the last of them is revealed or has expired.
#pragma once

#include <span>

#include "core/state/transition.h"

namespace aivm {

// Runs the model again. Requires that it was not run for this result before.
void learn_truth(Transition& t, TaskIndex task);

// The provider lost a game. Where the model is short enough, the truth is learned as well.
void prove_wrong(Transition& t, TaskIndex task);

// Decides an open dispute with a revealed claim by what is known of the result: won, lost, or
// waiting for the job's answer.
void judge_claim(Transition& t, DisputeIndex dispute);

// The challenger of an open dispute missed a deadline or lost its game.
void lose_dispute(Transition& t, DisputeIndex dispute);

// Clears the deadlines of these disputes, whose indexes ascend. What changes many clocks at once
// calls it first: timers of one height lie in one sorted vector, from which the last are taken
// fastest.
void stop_clocks(Transition& t, std::span<const DisputeIndex> disputes);

}  // namespace aivm
