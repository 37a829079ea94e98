// Evidence that a validator signed two different items for one slot.
#pragma once

#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm {

// Slashes slash_equivocation_bps of the signer's stake, once a slot; all of it burns. Anyone may
// report.
Status prove_equivocation(Transition& t, const op::Evidence& evidence);

}  // namespace aivm
