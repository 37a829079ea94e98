// Marking attestations whose time has passed.
#pragma once

#include <cstdint>

#include "core/kernels/access.h"
#include "core/kernels/rules.h"

namespace aivm::gpu {

// Sets the expired bit of an occupied slot, in `slot` and in the table, if it is due and not set.
inline bool mark_if_due(abi::Attestation* table, std::uint32_t index, abi::Attestation& slot,
                        std::uint64_t now_ns) {
    if (slot.occupied == 0 || (slot.status & abi::kAttestationExpired) != 0) return false;
    if (!kernels::is_past(slot.expiry_ns, now_ns)) return false;
    slot.status |= abi::kAttestationExpired;
    kernels::store(table, index, slot);
    return true;
}

}  // namespace aivm::gpu
