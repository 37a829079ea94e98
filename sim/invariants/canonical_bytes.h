// S7 with the decoder that it judges, so that tests can give it one that accepts too much.
#pragma once

#include <memory>

#include "core/chain/block.h"
#include "sim/invariants/invariant.h"

namespace aivm::sim {

using BlockDecoder = Result<BlockPtr> (*)(ByteView bytes);

std::unique_ptr<Invariant> make_canonical_bytes(BlockDecoder decode);

}  // namespace aivm::sim
