// Challenges, in order of time: a hidden claim that a posted answer is wrong, its reveal, and the
// judgement by running the model again, at once or after the moves of a bisection game. All
// disputes on one result run side by side, and none restarts its window.
#pragma once

#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm {

// keccak(claimed output || salt || challenger), which binds the claim to its challenger.
Hash32 claim_commitment(Answer claim, const Hash32& salt, const Address& challenger);

// The bond of the next challenge on this result: challenger_bond, doubled for every challenge
// already lost on it. With the policy count_open_challenges, open ones count as lost, so that
// nobody can open false challenges side by side at the price of the first and thereby multiply the
// bond that an honest challenger must lock (A40).
Result<Amount> required_challenger_bond(const Policy& policy, const Task& task);

Status challenge(Transition& t, const Address& sender, const op::Challenge& c);
Status reveal_challenge(Transition& t, const Address& sender, const op::ChallengeReveal& r);

// A move of the bisection game (bisection.h). Every move restarts the clock: the next one is due
// within dispute_move_blocks.
Status move_dispute(Transition& t, const Address& sender, const op::DisputeMove& move);

// A dispute's deadline has passed: the side that was due loses.
void expire_dispute(Transition& t, DisputeIndex dispute);

// Pays back or slashes the bonds of all closed disputes of the task's present result. Returns the
// rewarded challenger: the earliest commitment whose claim was true.
std::optional<Address> pay_out_disputes(Transition& t, TaskIndex task,
                                        std::optional<ProviderIndex> right_provider);

}  // namespace aivm
