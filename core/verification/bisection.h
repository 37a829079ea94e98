// The bisection game: where a model has several steps, a dispute is narrowed to the one step on
// which provider and challenger diverge, and only that step is executed again.
//
//   1. The provider opens the last step of its trace, whose output must be the posted answer.
//   2. It opens the middle one of the steps in dispute, [low, high); the challenger says whether it
//      agrees with it, which leaves the half behind it or the half up to it. Repeated until one
//      step is left.
//   3. That step is run on its agreed input. The provider is right if its opened step has that
//      input and that output.
// Every opening carries a Merkle proof against the trace root that the provider posted. For n
// steps: at most 2 ceil(log2 n) + 1 moves.
//
// The game shows that the provider's answer is wrong, not which one is right: every challenger that
// wins it has a true claim as far as the chain can know.
//
// The functions here know one dispute and change nothing else; dispute.h keeps the clock of the
// game, and ends it.
#pragma once

#include "core/chain/operation.h"
#include "core/kernels/kernels.h"
#include "core/state/transition.h"

namespace aivm {

// Whether disputes on this task are played: the policy says so, there is one provider, and there is
// a trace to search.
bool plays_bisection(const Transition& t, const Task& task);

// Sets the board: all steps are in dispute, and the provider must open the last one.
void begin_bisection(Dispute& dispute, const Model& model, const InputRow& input);

// Whether `sender` may make this move now.
Status check_move(const Transition& t, const Address& sender, const op::DisputeMove& move,
                  const Dispute& dispute);

// Makes a move that check_move allows.
void apply_move(Dispute& dispute, const op::DisputeMove& move);

// Whether one step is left, so that running it decides the game.
bool is_narrowed(const Dispute& dispute);

// Runs the step that is left.
bool provider_is_right(Kernels& kernels, const Model& model, const Dispute& dispute);

}  // namespace aivm
