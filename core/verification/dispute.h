// Challenges, in order of time: a hidden claim that a posted answer is wrong, its reveal, and the
// judgement: by running the model again at once, or after the moves of a bisection game (game.h).
// All disputes on one result run side by side: none restarts its window, takes another's place or
// raises another's price. What is found out about a result decides all of them (judgement.h); the
// money is moved when the result is settled (claims.h).
#pragma once

#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm {

// keccak(claimed output || salt || challenger), which binds the claim to its challenger.
Hash32 claim_commitment(Answer claim, const Hash32& salt, const Address& challenger);

// The bond of the next challenge on this result: challenger_bond, unless challenge_escalation
// doubles it.
Result<Amount> required_challenger_bond(const Policy& policy, const Task& task);

Status challenge(Transition& t, const Address& sender, const op::Challenge& c);
Status reveal_challenge(Transition& t, const Address& sender, const op::ChallengeReveal& r);

// A dispute's deadline has passed: the side that was due loses.
void expire_dispute(Transition& t, DisputeIndex dispute);

}  // namespace aivm
