#include "gpu/simd/attestation_cache.h"

#include "gpu/simd/expiry.h"

namespace aivm::gpu {

void AttestationCache::update(abi::Attestation* table, std::uint32_t slot_count,
                              std::uint64_t now_ns) {
    if (slot_count < slots_.count()) *this = {};
    slots_.resize(slot_count);
    slots_.for_each_difference(table, [&](std::uint32_t index) {
        auto slot = kernels::load(table, index);
        const bool was_marked = mark_if_due(table, index, slot, now_ns);
        // The table may be an unmarked copy of the one that the last call marked.
        if (was_marked && std::memcmp(&slots_.slots()[index], &slot, sizeof slot) == 0) return;
        put(index, slot);
    });
    if (kernels::is_past(next_expiry_ns_, now_ns)) mark_all(table, now_ns);
}

void AttestationCache::put(std::uint32_t index, const abi::Attestation& slot) {
    kernels::TableSummary before;
    kernels::TableSummary after;
    if (slots_.is_occupied(index)) kernels::count_attestation(slots_.slots()[index], before);
    if (slot.occupied != 0) kernels::count_attestation(slot, after);
    active_ += after.active - before.active;
    expired_ += after.expired - before.expired;
    slots_.put(index, slot);
    note_expiry(slot);
}

void AttestationCache::mark_all(abi::Attestation* table, std::uint64_t now_ns) {
    next_expiry_ns_ = 0;
    for (std::uint32_t i = 0; i < slots_.count(); ++i) {
        auto slot = slots_.slots()[i];
        if (mark_if_due(table, i, slot, now_ns)) put(i, slot);
        note_expiry(slot);
    }
}

void AttestationCache::note_expiry(const abi::Attestation& slot) {
    if (slot.occupied == 0 || slot.expiry_ns == 0) return;
    if ((slot.status & abi::kAttestationExpired) != 0) return;
    if (next_expiry_ns_ == 0 || slot.expiry_ns < next_expiry_ns_) next_expiry_ns_ = slot.expiry_ns;
}

}  // namespace aivm::gpu
