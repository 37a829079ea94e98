// Blocks as a Byzantine proposer could send them: one that it built, changed in its header, its
// body or its roots and signed again, with what a correct node must say of each.
//
// Where the change leaves the block executable, its roots are computed again, so that the check of
// the changed field is all that stands between the block and the chain.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "core/execution/execute.h"
#include "core/vm/vm.h"

namespace aivm::sim {

// A block that a proposer has built, and what it needs to make another one for the slot.
struct OwnBlock {
    const Executed& built;
    const Executed& parent;
    const Rules& rules;
    const std::function<Bytes(const Hash32& slot_message)>& sign;
};

struct BlockMutation {
    std::string_view name;
    // What Vm::verify answers; nothing: the block is valid, only another one than the first.
    std::optional<ErrorCode> refused_with;
    // Null where it would change nothing: a block without operations has none to drop.
    BlockPtr (*apply)(const OwnBlock& own);
};
std::span<const BlockMutation> block_mutations();

}  // namespace aivm::sim
