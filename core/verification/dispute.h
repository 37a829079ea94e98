// Challenges: a hidden claim that a posted answer is wrong, opened later and settled by running the
// model again. All disputes on one result run side by side, and none restarts its window.
#pragma once

#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm {

// keccak(claimed output || salt || challenger), which binds the claim to who makes it.
Hash32 claim_commitment(Answer claim, const Hash32& salt, const Address& challenger);

// What the next challenge on this result must lock: challenger_bond, doubled for every challenge
// already lost on it. With the policy count_open_challenges those still open count as lost, so that
// false challenges cannot be bought side by side at the price of the first and then double, all at
// once, what the honest must lock (A40).
Result<Amount> required_challenger_bond(const Policy& policy, const Task& task);

Status challenge(Transition& t, const Address& sender, const op::Challenge& c);
Status reveal_challenge(Transition& t, const Address& sender, const op::ChallengeReveal& r);

// A dispute's deadline has passed: whoever was due loses.
void expire_dispute(Transition& t, DisputeIndex dispute);

// Closes a dispute. When it was the task's last open one, the task's settlement is set.
void close_dispute(Transition& t, DisputeIndex dispute, bool challenger_won);

// Gives back or takes the bonds of all closed disputes of the task's present result. Returns who
// gets the reward: the earliest commitment whose claim was true.
std::optional<Address> pay_out_disputes(Transition& t, TaskIndex task,
                                        std::optional<ProviderIndex> right_provider);

}  // namespace aivm
