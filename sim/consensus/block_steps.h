// What engines of a chain do alike with verdicts and decisions.
#pragma once

#include <optional>

#include "sim/consensus/block_tree.h"
#include "sim/consensus/pending_blocks.h"

namespace aivm::sim {

// Carries a verdict to `pending`. The block, when it is valid and entered the tree; nullopt: it is
// invalid, waits, or its height was decided meanwhile and it is rejected.
std::optional<BlockInfo> add_verified(BlockTree& tree, PendingBlocks& pending,
                                      const Verdict& verdict, SimTime now, Actions& out);

// Accepts the block, which is in the tree, with its undecided ancestors below it, and rejects what
// conflicts with them.
void accept_branch(BlockTree& tree, PendingBlocks& pending, const Hash32& id, AcceptedBy by,
                   Actions& out);

}  // namespace aivm::sim
