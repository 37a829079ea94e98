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
// The game shows that the provider is wrong, not that the claim is right: a false claim can win it
// as well. claims.h says what becomes of the claim.
//
// The functions here know one dispute and change nothing else; game.h keeps the clock of the games,
// and ends them.
#pragma once

#include "core/chain/operation.h"
#include "core/kernels/kernels.h"
#include "core/state/transition.h"

namespace aivm {

// Whether disputes are played: there is one provider and a trace to search, and the policy says so
// or the model is too long to be run again.
bool plays_bisection(const Policy& policy, VerificationMode mode, std::uint32_t steps);
bool plays_bisection(const Transition& t, const Task& task);

// Sets the board: all steps are in dispute, and the provider must open the last one.
void begin_bisection(Dispute& dispute, const Model& model, const InputRow& input);

// Whether `sender` may make this move now.
Status check_move(const Transition& t, const Address& sender, const op::DisputeMove& move,
                  const Dispute& dispute);

// The provider has opened the step that the dispute asks for.
void apply_opening(Dispute& dispute, const TraceNode& step);

// The challenger has judged the step opened last, as check_move allows.
void apply_verdict(Dispute& dispute, bool agrees);

// Whether one step is left, so that running it decides the game.
bool is_narrowed(const Dispute& dispute);

// Runs the step that is left.
bool provider_is_right(Kernels& kernels, const Model& model, const Dispute& dispute);

}  // namespace aivm
