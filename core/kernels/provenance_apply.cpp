#include <limits>

#include "core/kernels/access.h"
#include "core/kernels/kernels.h"
#include "core/kernels/rules.h"
#include "core/kernels/slot_search.h"

namespace aivm {
namespace {

using abi::ModelOp;
using abi::ModelRegistryEntry;

void overwrite(ModelRegistryEntry& slot, const ModelOp& op) {
    kernels::copy(slot.weight_hash, op.weight_hash);
    kernels::copy(slot.license_root, op.license_root);
    kernels::copy(slot.owner_addr, op.owner_addr);
    slot.version = 1;
    slot.parameter_count = op.parameter_count;
    slot.modality = op.modality;
}

// Applies one well-formed operation to the slot of its root.
void change(ModelRegistryEntry& slot, const ModelOp& op) {
    switch (op.kind) {
        case abi::kRegister:
            overwrite(slot, op);
            break;
        case abi::kUpdateWeights:
            kernels::copy(slot.weight_hash, op.weight_hash);
            if (slot.version != std::numeric_limits<std::uint64_t>::max()) ++slot.version;
            if (op.parameter_count != 0) slot.parameter_count = op.parameter_count;
            break;
        case abi::kUpdateLicense:
            kernels::copy(slot.license_root, op.license_root);
            break;
        case abi::kTransfer:
            kernels::copy(slot.owner_addr, op.owner_addr);
            break;
    }
}

}  // namespace

int CpuKernels::provenance_apply(const abi::AIVMRoundDescriptor* desc, const ModelOp* ops,
                                 ModelRegistryEntry* table, std::uint32_t* applied,
                                 std::uint32_t slot_count) {
    if (!desc || !ops || !table || !applied || slot_count == 0) return abi::kInvalidArgument;
    const auto round = kernels::load(desc);
    std::uint32_t done = 0;
    for (std::uint32_t i = 0; i < round.model_op_count; ++i) {
        const auto op = kernels::load(ops, i);
        if (!kernels::is_well_formed(op)) continue;
        const auto match = kernels::find_slot(table, slot_count, op.model_root);
        if (!match || (!match->known && op.kind != abi::kRegister)) continue;
        ModelRegistryEntry slot{};
        if (match->known) {
            slot = kernels::load(table, match->index);
        } else {
            kernels::copy(slot.model_root, op.model_root);
            slot.occupied = 1;
        }
        change(slot, op);
        kernels::store(table, match->index, slot);
        ++done;
    }
    kernels::store(applied, 0, done);
    return abi::kOk;
}

}  // namespace aivm
