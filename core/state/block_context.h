// When a block is applied, and by whom it was proposed.
#pragma once

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/ids.h"

namespace aivm {

// The part of a block's header that the rules may read.
struct BlockContext {
    Height height = 0;
    TimestampNs timestamp_ns = 0;
    ValidatorIndex proposer;
    Hash32 beacon;             // of this block: keccak(parent's beacon || the secret it reveals)
    Hash32 beacon_commitment;  // to the proposer's next secret
};

}  // namespace aivm
