// Applying a block's payload, in the order that the protocol fixes:
//   (1) settlements and draws due at this height; (2) operations in order; (3) timeouts due; (4)
//   the kernel round, with an anchor when one is due; (5) receipts and roots.
// Within (3): dispute deadlines, ends of commit windows, ends of reveal windows, each in the order
// of their records, then task timeouts in the order of their times. A builder calls start_block,
// apply_operation for each candidate, and end_block; a verifier goes the same way.
#pragma once

#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm {

void start_block(Transition& t);

// Refuses, changing nothing, what is not authorised, carries a stale nonce, or breaks a rule of its
// kind.
Status apply_operation(Transition& t, const SignedOperation& operation);

// Fails only when a kernel does, which is a broken machine and not a broken block.
Status end_block(Transition& t);

}  // namespace aivm
