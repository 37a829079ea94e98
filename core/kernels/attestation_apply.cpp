#include "core/kernels/access.h"
#include "core/kernels/kernels.h"
#include "core/kernels/rules.h"
#include "core/kernels/slot_search.h"

namespace aivm {
namespace {

using abi::Attestation;
using abi::AttestationOp;

void write_slot(Attestation& slot, const AttestationOp& op, std::uint64_t now_ns) {
    kernels::copy(slot.measurement, op.measurement);
    kernels::copy(slot.attesting_key, op.attesting_key);
    slot.expiry_ns = op.expiry_ns;
    slot.kind = op.kind;
    slot.evidence_offset = op.evidence_offset;
    slot.evidence_len = op.evidence_len;
    // Set, not or-ed: a renewed attestation is no longer expired.
    slot.status = abi::kAttestationVerified;
    if (kernels::is_past(op.expiry_ns, now_ns)) slot.status |= abi::kAttestationExpired;
}

}  // namespace

int CpuKernels::attestation_apply(const abi::AIVMRoundDescriptor* desc, const AttestationOp* ops,
                                  Attestation* table, std::uint32_t* applied,
                                  std::uint32_t slot_count) {
    if (!desc || !ops || !table || !applied || slot_count == 0) return abi::kInvalidArgument;
    const auto round = kernels::load(desc);
    std::uint32_t done = 0;
    for (std::uint32_t i = 0; i < round.attestation_op_count; ++i) {
        const auto op = kernels::load(ops, i);
        if (!kernels::is_well_formed(op)) continue;
        const auto match = kernels::find_slot(table, slot_count, op.tee_quote_digest);
        if (!match) continue;  // full: a new digest is dropped without being counted
        Attestation slot{};
        if (match->known) {
            slot = kernels::load(table, match->index);
        } else {
            kernels::copy(slot.tee_quote_digest, op.tee_quote_digest);
            slot.occupied = 1;
        }
        write_slot(slot, op, round.timestamp_ns);
        kernels::store(table, match->index, slot);
        ++done;
    }
    kernels::store(applied, 0, done);
    return abi::kOk;
}

}  // namespace aivm
