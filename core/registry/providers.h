// Providers: registration with a bond, departure, and withdrawal of the bond.
#pragma once

#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm {

// Requires the minimum bond and, with require_tee_attestation, hardware evidence that verifies and
// scores at least min_trust_score. Evidence must verify even where none is required.
Status register_provider(Transition& t, const Address& sender, const op::RegisterProvider& r);

// The provider gets no new tasks from now on. It may finish assigned ones, and its posted results
// can still be slashed.
Status deregister_provider(Transition& t, const Address& sender, const op::DeregisterProvider& d);

// Returns the bond to the owner once unbond_cooldown_blocks have passed and, under the obligation
// rule, no result that the bond backs is open.
Status withdraw_bond(Transition& t, const Address& sender, const op::WithdrawBond& w);

}  // namespace aivm
