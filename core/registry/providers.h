// Providers: joining with a bond, leaving, and taking the bond home.
#pragma once

#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm {

// Needs the minimum bond and, where requireTEEAttestation is set, hardware evidence that verifies
// and scores at least minTrustScore. Evidence that is there must verify in any case.
Status register_provider(Transition& t, const Address& sender, const op::RegisterProvider& r);

// Stops new work at once. What is assigned may still be finished, and what is posted can still be
// slashed.
Status deregister_provider(Transition& t, const Address& sender, const op::DeregisterProvider& d);

// Pays the bond back to the owner once unbond_cooldown_blocks have passed and, under the obligation
// rule, nothing that the bond backs is open.
Status withdraw_bond(Transition& t, const Address& sender, const op::WithdrawBond& w);

}  // namespace aivm
