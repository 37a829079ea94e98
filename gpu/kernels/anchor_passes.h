// anchor_apply: which anchor follows depends on the one before, so the choice is sequential, but 32
// operations are tested per step.
#pragma once

#include "gpu/kernels/device_access.h"

namespace aivm::gpu {

__global__ void anchor_cursor(PassParameters parameters, const abi::AuditAnchor* table,
                              u32* counters) {
    const u32 slot = thread_index();
    if (slot < parameters.slot_count && table[slot].occupied == 0)
        atomicMin(&counters[kCursor], slot);
}

__global__ void anchor_select(PassParameters parameters, const abi::AnchorOp* ops,
                              const abi::AuditAnchor* table, u32* counters, u32* accepted) {
    const u32 lane = threadIdx.x;
    const u32 cursor = counters[kCursor];
    const u32 room = parameters.slot_count - cursor;
    bool has_head = cursor != 0;
    Words4 head_root{};
    Word head_height = 0;
    if (has_head) {
        head_root = words4_at(table[cursor - 1].commit_root);
        head_height = table[cursor - 1].height;
    }
    u32 done = 0;
    Word first = 0;  // the first operation not yet decided; 64 bits, because it may pass op_count
    while (first < parameters.op_count && done < room) {
        const Word op = first + lane;
        bool fits = op < parameters.op_count && !is_zero(ops[op].commit_root);
        if (fits && has_head) {
            fits = same(words4_at(ops[op].parent_root), head_root) && ops[op].height > head_height;
        }
        const u32 votes = ballot(fits);
        if (votes == 0) {
            first += kAnchorWindow;
            continue;
        }
        const Word chosen = first + static_cast<u32>(__ffs(static_cast<int>(votes)) - 1);
        if (lane == 0) accepted[done] = static_cast<u32>(chosen);
        ++done;
        has_head = true;
        head_root = words4_at(ops[chosen].commit_root);
        head_height = ops[chosen].height;
        first = chosen + 1;
    }
    if (lane == 0) counters[kApplied] = done;
}

__global__ void anchor_write(PassParameters parameters, const abi::AnchorOp* ops,
                             const u32* accepted, const u32* counters, abi::AuditAnchor* table) {
    const u32 i = thread_index();
    if (i >= parameters.slot_count || i >= counters[kApplied]) return;
    const abi::AnchorOp& op = ops[accepted[i]];
    abi::AuditAnchor* const to = &table[counters[kCursor] + i];
    copy_field(to->commit_root, op.commit_root);
    copy_field(to->parent_root, op.parent_root);
    copy_field(to->validator_set_root_at_commit, op.validator_set_root_at_commit);
    to->height = op.height;
    to->timestamp_ns = op.timestamp_ns;
    to->occupied = 1;
}

}  // namespace aivm::gpu
