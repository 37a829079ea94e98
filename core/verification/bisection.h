// Bisection disputes: where a model has several steps, the dispute is narrowed to the one step on
// which provider and challenger part, and only that is run again.
//
//   1. The provider opens the last step of its trace: it must give the posted answer.
//   2. It opens the middle one of the steps in dispute, [low, high); the challenger says whether it
//      agrees with it, which leaves the half behind it or the half up to it. Repeated until one
//      step is left.
//   3. That step is run on its agreed input. The provider is right if its opened step has that
//      input and that output.
// Every opening carries a Merkle proof against the trace root that the provider posted. Every move
// is due within dispute_move_blocks, and who misses it loses. For n steps: at most 2 ceil(log2 n) +
// 1 moves.
//
// The game shows that the provider's answer is wrong, not what is right: every challenger who wins
// it has a true claim as far as the chain can know.
#pragma once

#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm {

// Whether disputes on this task are played: the policy says so, there is one provider, and there is
// a trace to search.
bool plays_bisection(const Transition& t, const Task& task);

// Starts the game on a revealed dispute.
void start_bisection(Transition& t, DisputeIndex dispute);

Status move_dispute(Transition& t, const Address& sender, const op::DisputeMove& move);

// A player has missed its deadline.
void forfeit_bisection(Transition& t, DisputeIndex dispute);

}  // namespace aivm
