// Bisection games as the chain conducts them: whose move is due until when, and the steps of a
// trace that games ask for. The rules of one game are in bisection.h.
//
// All games on a result ask one provider for steps of one trace. A step that it has opened answers
// every game that asks for it, then or later, so that however many games there are, the provider
// makes at most one move for each step.
#pragma once

#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm {

// The claim of this dispute was revealed; from now on it is played.
void begin_game(Transition& t, DisputeIndex dispute);

// A move: the provider's opening of the step that the game with `move.challenger` asks for, or that
// challenger's verdict. The next move of the game is due within dispute_move_blocks.
Status move_dispute(Transition& t, const Address& sender, const op::DisputeMove& move);

}  // namespace aivm
