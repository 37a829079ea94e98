// epoch_transition: expiry marking, the counts, and the leaf digests of the three tables. Free
// slots have no leaf and are not written.
#pragma once

#include "gpu/kernels/device_access.h"

namespace aivm::gpu {

__global__ void attestation_leaves(PassParameters parameters, const abi::Attestation* table,
                                   Words4* leaves, u32* status, u32* counters) {
    const u32 slot = thread_index();
    const bool has_leaf = slot < parameters.slot_count && table[slot].occupied != 0;
    u32 marked = 0;
    if (has_leaf) {
        marked = table[slot].status;
        if (is_past(table[slot].expiry_ns, now_of(parameters))) marked |= abi::kAttestationExpired;
        const bool is_expired = (marked & abi::kAttestationExpired) != 0;
        Word leaf[18];
        GPU_UNROLL
        for (unsigned i = 0; i < 16; ++i) leaf[i] = word_at(&table[slot], i);
        leaf[16] = static_cast<Word>(marked) << 32 | table[slot].evidence_len;
        leaf[17] = static_cast<Word>(slot) << 32 | (is_expired ? 1U : 0U);
        leaves[slot] = keccak256<144>(leaf);
        status[slot] = marked;
    }
    const bool is_expired = (marked & abi::kAttestationExpired) != 0;
    add_block_count(!is_expired && (marked & abi::kAttestationVerified) != 0, &counters[kActive]);
    add_block_count(is_expired, &counters[kExpired]);
}

__global__ void model_leaves(PassParameters parameters, const abi::ModelRegistryEntry* table,
                             Words4* leaves) {
    const u32 slot = thread_index();
    if (slot >= parameters.slot_count || table[slot].occupied == 0) return;
    // 116 bytes of byte strings, then the integers without the padding between, so every word
    // behind the owner's address is made of two halves.
    Word leaf[18];
    GPU_UNROLL
    for (unsigned i = 0; i < 14; ++i) leaf[i] = word_at(&table[slot], i);
    const u32 owner_end = reinterpret_cast<const u32*>(table[slot].owner_addr)[4];
    const Word version = table[slot].version;
    const Word parameter_count = table[slot].parameter_count;
    leaf[14] = version << 32 | owner_end;
    leaf[15] = parameter_count << 32 | version >> 32;
    leaf[16] = static_cast<Word>(table[slot].modality) << 32 | parameter_count >> 32;
    leaf[17] = slot;
    leaves[slot] = keccak256<140>(leaf);
}

__global__ void anchor_leaves(PassParameters parameters, const abi::AuditAnchor* table,
                              Words4* leaves) {
    const u32 slot = thread_index();
    if (slot >= parameters.slot_count || table[slot].occupied == 0) return;
    Word leaf[15];
    GPU_UNROLL
    for (unsigned i = 0; i < 14; ++i) leaf[i] = word_at(&table[slot], i);
    leaf[14] = slot;
    leaves[slot] = keccak256<116>(leaf);
}

}  // namespace aivm::gpu
