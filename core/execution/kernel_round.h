// The kernel round at the end of every block: attestations, models, the anchor, and the epoch
// transition whose root goes into the next block's header.
#pragma once

#include "core/state/transition.h"

namespace aivm {

// Runs the round. Every merkle_anchor_freq blocks it anchors the receipt root with its parent
// anchor, the validator-set root, the height and the epoch. The epoch closes once epoch_duration
// has passed between block timestamps; the registries are rebuilt first, and the set
// of validators is chosen by stake. A full table of anchors is
// archived in the store and emptied before the next anchor. Fails if a kernel fails.
Status run_kernel_round(Transition& t);

// keccak over the address and stake of every validator in the set, in order.
Hash32 validator_set_root(const State& state);

}  // namespace aivm
