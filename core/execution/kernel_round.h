// The kernel round at the end of every block: attestations, models, the anchor, and the epoch
// transition whose root goes into the next block's header.
#pragma once

#include "core/state/transition.h"

namespace aivm {

// Every merkle_anchor_freq blocks the VM anchors the receipt root with its parent anchor, the
// validator-set root, the height and the epoch; the epoch closes when epoch_duration has passed
// between block timestamps.
Status run_kernel_round(Transition& t);

// keccak over the validators in order, each as its canonical encoding without the beacon
// commitment.
Hash32 validator_set_root(const State& state);

}  // namespace aivm
