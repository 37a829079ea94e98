// Evidence that a validator signed two different items for one slot.
#pragma once

#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm {

// Whether the evidence proves what it says, for a slot that is not punished yet.
Status check_equivocation(const State& state, const Rules& rules, const op::Evidence& evidence);

// Slashes the signer for equivocation, once per slot. Anyone may report; the reporter receives
// nothing.
Status prove_equivocation(Transition& t, const op::Evidence& evidence);

}  // namespace aivm
