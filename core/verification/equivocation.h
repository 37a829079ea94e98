// Evidence that a validator signed two different items for one slot: blocks, vertices or votes.
#pragma once

#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm {

// Whether the evidence proves what it says, for a slot that is neither punished nor too
// old, in the block `height`.
Status check_equivocation(const State& state, Height height, const Rules& rules,
                          const op::Evidence& evidence);

// Slashes the signer for equivocation, once per slot. Anyone may report, within evidence_ttl_blocks
// of the slot, and receives reporter_share_bps of what is taken.
Status prove_equivocation(Transition& t, const Address& reporter, const op::Evidence& evidence);

}  // namespace aivm
