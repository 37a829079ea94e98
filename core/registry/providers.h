// Providers: registration with a bond, departure, and withdrawal of the bond.
#pragma once

#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm {

// Requires the minimum bond and, with require_tee_attestation, hardware evidence that verifies and
// scores at least min_trust_score. Evidence must verify even where none is required. An owner that
// has withdrawn its bond may register the same id again.
Status register_provider(Transition& t, const Address& sender, const op::RegisterProvider& r);

// Adds to an active provider's bond. A bond that this lifts to the minimum counts as complete from
// this block on (activation_delay_blocks).
Status add_bond(Transition& t, const Address& sender, const op::AddBond& a);

// The provider gets no new tasks from now on. It may finish assigned ones, and its posted results
// can still be slashed.
Status deregister_provider(Transition& t, const Address& sender, const op::DeregisterProvider& d);

// Returns the bond to the owner once unbond_cooldown_blocks have passed and, under the obligation
// rule, no result that the bond backs is open.
Status withdraw_bond(Transition& t, const Address& sender, const op::WithdrawBond& w);

}  // namespace aivm
