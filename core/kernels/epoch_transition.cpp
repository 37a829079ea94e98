#include "core/base/digest.h"
#include "core/kernels/access.h"
#include "core/kernels/kernels.h"
#include "core/kernels/leaves.h"
#include "core/kernels/rules.h"

namespace aivm {
namespace {

using kernels::TableSummary;

void fold(Hash32& accumulator, ByteView leaf) {
    accumulator = keccak256({accumulator.view(), keccak256(leaf).view()});
}

void fold_attestations(const EpochTables& tables, std::uint64_t now_ns, TableSummary& out) {
    for (std::uint32_t i = 0; i < tables.attestation_count; ++i) {
        auto slot = kernels::load(tables.attestations, i);
        if (slot.occupied == 0) continue;
        if (kernels::is_past(slot.expiry_ns, now_ns)) {
            slot.status |= abi::kAttestationExpired;
            kernels::store(tables.attestations, i, slot);
        }
        kernels::count_attestation(slot, out);
        fold(out.attestation_root, kernels::leaf_of(slot, i));
    }
}

// Returns the number of occupied slots.
template <class Entry>
std::uint32_t fold_table(const Entry* table, std::uint32_t count, Hash32& root) {
    std::uint32_t occupied = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto slot = kernels::load(table, i);
        if (slot.occupied == 0) continue;
        fold(root, kernels::leaf_of(slot, i));
        ++occupied;
    }
    return occupied;
}

}  // namespace

int CpuKernels::epoch_transition(const abi::AIVMRoundDescriptor* desc, const EpochTables& tables,
                                 abi::AIVMEpochState* epoch, abi::AIVMTransitionResult* result) {
    if (!desc || !epoch || !result || !kernels::are_present(tables)) return abi::kInvalidArgument;
    const auto round = kernels::load(desc);
    TableSummary summary;
    fold_attestations(tables, round.timestamp_ns, summary);
    summary.models = fold_table(tables.models, tables.model_count, summary.model_root);
    summary.anchors = fold_table(tables.anchors, tables.anchor_count, summary.anchor_root);
    kernels::finish_epoch(round, summary, epoch, result);
    return abi::kOk;
}

}  // namespace aivm
