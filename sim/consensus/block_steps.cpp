#include "sim/consensus/block_steps.h"

#include <vector>

#include "core/base/check.h"

namespace aivm::sim {

std::optional<BlockInfo> add_verified(BlockTree& tree, PendingBlocks& pending,
                                      const Verdict& verdict, SimTime now, Actions& out) {
    if (verdict.validity == Validity::kInvalid) {
        pending.invalid(verdict.id, out);
        return std::nullopt;
    }
    if (verdict.validity == Validity::kNotBefore) {
        pending.not_before(verdict.id, delay_until(verdict.not_before, now), out);
        return std::nullopt;
    }
    if (verdict.validity == Validity::kUnknownParent) {
        pending.unknown_parent(verdict.id, out);
        return std::nullopt;
    }
    auto block = pending.end_verification(verdict.id);
    if (!block) return std::nullopt;
    if (block->parent != tree.root().id && !tree.contains(block->parent)) {
        out.push_back(Reject{block->id});
        pending.refused(block->ref(), out);
        return std::nullopt;
    }
    tree.add(*block);
    pending.verified(block->id, out);
    return block;
}

void accept_branch(BlockTree& tree, PendingBlocks& pending, const Hash32& id, AcceptedBy by,
                   Actions& out) {
    std::vector<Hash32> branch;  // from the block down
    for (const BlockInfo* at = tree.find(id); at != nullptr; at = tree.find(at->parent))
        branch.push_back(at->id);
    AIVM_CHECK(!branch.empty());
    for (auto each = branch.rbegin(); each != branch.rend(); ++each) {
        std::vector<BlockRef> rejected;
        tree.accept(*each, by, out, rejected);
        for (const BlockRef& block : rejected) pending.refused(block, out);
        pending.root_moved(out);
    }
}

}  // namespace aivm::sim
