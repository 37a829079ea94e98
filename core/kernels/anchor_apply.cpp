#include "core/kernels/access.h"
#include "core/kernels/kernels.h"
#include "core/kernels/rules.h"

namespace aivm {
namespace {

using abi::AnchorOp;
using abi::AuditAnchor;

void write_slot(AuditAnchor& slot, const AnchorOp& op) {
    kernels::copy(slot.commit_root, op.commit_root);
    kernels::copy(slot.parent_root, op.parent_root);
    kernels::copy(slot.validator_set_root_at_commit, op.validator_set_root_at_commit);
    slot.height = op.height;
    slot.timestamp_ns = op.timestamp_ns;
    slot.occupied = 1;  // the padding keeps its bytes
}

}  // namespace

int CpuKernels::anchor_apply(const abi::AIVMRoundDescriptor* desc, const AnchorOp* ops,
                             AuditAnchor* table, std::uint32_t* applied, std::uint32_t slot_count) {
    if (!desc || !ops || !applied || (!table && slot_count != 0)) return abi::kInvalidArgument;
    const auto round = kernels::load(desc);
    std::uint32_t cursor = kernels::first_free_slot(table, slot_count);
    std::uint32_t done = 0;
    for (std::uint32_t i = 0; i < round.anchor_op_count && cursor < slot_count; ++i) {
        const auto op = kernels::load(ops, i);
        if (!kernels::is_well_formed(op)) continue;
        if (cursor > 0 && !kernels::continues(kernels::load(table, cursor - 1), op)) continue;
        auto slot = kernels::load(table, cursor);
        write_slot(slot, op);
        kernels::store(table, cursor, slot);
        ++cursor;
        ++done;
    }
    kernels::store(applied, 0, done);
    return abi::kOk;
}

}  // namespace aivm
