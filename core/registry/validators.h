// Validators: joining the set with a stake, leaving it, and withdrawal of the stake.
#pragma once

#include <optional>

#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm {

// Locks the sender's stake. A newcomer, or a validator that left, is in the set from the next epoch
// on if its whole stake is at least validator_stake_min (required); one that is in the set adds to
// its stake. A newcomer takes the entry of a validator that withdrew its stake, if there is one.
Status join_validators(Transition& t, const Address& sender, const op::JoinValidators& j);

// The sender's way out. In the set, or on the way into it: it leaves when the epoch closes. Out of
// it: the stake returns once stake_cooldown_blocks have passed since it left, so that evidence
// about its last blocks still finds the stake.
Status withdraw_stake(Transition& t, const Address& sender);

// When an epoch closes: validators that asked to leave, and those below validator_stake_min, leave
// the set; those that qualify enter it. A set that would be empty stays as it was.
void choose_validators(Transition& t);

}  // namespace aivm
