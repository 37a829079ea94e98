// attestation_apply and provenance_apply in parallel, with the bytes of one operation after the
// other. Insertion one by one lets every operation choose the first slot of its walk that no
// earlier operation holds: a serial dictatorship with one common priority, the operation's index.
// Its outcome is the only stable matching, so deferred acceptance, whose steps may run in any
// order, ends in the same one, for full and damaged tables too (Gale and Shapley 1962).
#pragma once

#include "gpu/kernels/device_access.h"

namespace aivm::gpu {

// Both registries keep the key in the first 32 bytes of the operation and of the slot.
template <class T>
__device__ inline Words4 key_of(const T* element) {
    return words4_at(element);
}

__device__ inline bool is_well_formed(const abi::AttestationOp& op) {
    return !is_zero(op.attesting_key) && !is_zero(op.tee_quote_digest);
}
__device__ inline bool is_well_formed(const abi::ModelOp& op) {
    return op.kind <= abi::kTransfer && !is_zero(op.model_root) && !is_zero(op.weight_hash);
}

__device__ inline bool may_insert(const abi::AttestationOp& op) { return is_well_formed(op); }
__device__ inline bool may_insert(const abi::ModelOp& op) {
    return op.kind == abi::kRegister && is_well_formed(op);
}

__device__ inline u32 first_slot(const Words4& key, u32 slot_count) {
    const Word hash = (0xcbf29ce484222325ULL ^ key.word[0]) * 0x100000001b3ULL;
    return static_cast<u32>(hash) & (slot_count - 1);
}

__device__ inline u32 next_slot(u32 slot, u32 slot_count) { return (slot + 1) & (slot_count - 1); }

// A cell of the group table. It decides nothing but the order of comparisons; all 32 bytes take
// part, because keys chosen by an adversary share their first eight.
__device__ inline u32 group_cell(const Words4& key, u32 group_mask) {
    Word mixed = key.word[0];
    GPU_UNROLL
    for (unsigned i = 1; i < 4; ++i)
        mixed = (mixed ^ (mixed >> 29)) * 0x9E3779B97F4A7C15ULL + key.word[i];
    mixed *= 0xBF58476D1CE4E5B9ULL;
    return static_cast<u32>(mixed >> 32) & group_mask;
}

template <class Op>
__global__ void group_ops(PassParameters parameters, const Op* ops, u32* group, u32* representative,
                          u32* leader) {
    const u32 op = thread_index();
    if (op >= parameters.op_count) return;
    u32 found = kNoIndex;
    if (may_insert(ops[op])) {
        const Words4 key = key_of(&ops[op]);
        u32 cell = group_cell(key, parameters.group_mask);
        while (found == kNoIndex) {
            const u32 holder = atomicCAS(&group[cell], kNoIndex, op);
            if (holder == kNoIndex) {
                found = op;
            } else if (same(key_of(&ops[holder]), key)) {
                found = holder;
            } else {
                cell = (cell + 1) & parameters.group_mask;
            }
        }
        atomicMin(&leader[found], op);
    }
    representative[op] = found;
}

template <class Op, class Entry>
__global__ void place_leaders(PassParameters parameters, const Op* ops, const Entry* table,
                              const u32* representative, const u32* leader, u32* owner) {
    const u32 op = thread_index();
    if (op >= parameters.op_count) return;
    if (representative[op] == kNoIndex || leader[representative[op]] != op) return;
    u32 mover = op;
    Words4 key = key_of(&ops[mover]);
    u32 slot = first_slot(key, parameters.slot_count);
    u32 left = parameters.slot_count;
    while (left > 0) {
        if (table[slot].occupied != 0) {
            if (same(key_of(&table[slot]), key)) return;
        } else {
            const u32 holder = atomicMin(&owner[slot], mover);
            if (holder == kNoIndex) return;
            if (holder > mover) {
                // The holder has lost its slot and goes on from the next. Where it came from does
                // not matter: slots that refused it once refuse it again.
                mover = holder;
                key = key_of(&ops[mover]);
                left = parameters.slot_count + 1;
            }
        }
        slot = next_slot(slot, parameters.slot_count);
        --left;
    }
}

// The slot that holds the key of operation `op` when its turn comes, its own insertion included;
// kNoIndex if none does.
template <class Op, class Entry>
__device__ inline u32 slot_at_turn(const PassParameters& parameters, const Op* ops,
                                   const Entry* table, const u32* owner, u32 op) {
    const Words4 key = key_of(&ops[op]);
    u32 slot = first_slot(key, parameters.slot_count);
    for (u32 probe = 0; probe < parameters.slot_count; ++probe) {
        if (table[slot].occupied != 0) {
            if (same(key_of(&table[slot]), key)) return slot;
        } else {
            if (owner[slot] > op) return kNoIndex;  // still free
            if (same(key_of(&ops[owner[slot]]), key)) return slot;
        }
        slot = next_slot(slot, parameters.slot_count);
    }
    return kNoIndex;
}

__global__ void find_attestations(PassParameters parameters, const abi::AttestationOp* ops,
                                  const abi::Attestation* table, const u32* owner, u32* changes,
                                  u32* counters) {
    const u32 op = thread_index();
    u32 slot = kNoIndex;
    if (op < parameters.op_count && is_well_formed(ops[op]))
        slot = slot_at_turn(parameters, ops, table, owner, op);
    if (slot != kNoIndex) atomicMax(&changes[slot], op + 1);
    add_block_count(slot != kNoIndex, &counters[kApplied]);
}

__global__ void find_models(PassParameters parameters, const abi::ModelOp* ops,
                            const abi::ModelRegistryEntry* table, const u32* owner, u32* changes,
                            u32* counters, u32* place) {
    const u32 op = thread_index();
    u32 slot = kNoIndex;
    if (op < parameters.op_count) {
        if (is_well_formed(ops[op])) slot = slot_at_turn(parameters, ops, table, owner, op);
        place[op] = slot;
    }
    if (slot != kNoIndex) {
        u32* const change = &changes[static_cast<std::size_t>(slot) * kModelChangeWords];
        const u32 kind = ops[op].kind;
        const bool registers = kind == abi::kRegister;
        const bool updates = kind == abi::kUpdateWeights;
        if (registers) atomicMax(&change[kLastRegister], op + 1);
        if (registers || updates) atomicMax(&change[kLastWeights], op + 1);
        if (registers || kind == abi::kUpdateLicense) atomicMax(&change[kLastLicense], op + 1);
        if (registers || kind == abi::kTransfer) atomicMax(&change[kLastOwner], op + 1);
        if (registers || (updates && ops[op].parameter_count != 0))
            atomicMax(&change[kLastParameters], op + 1);
    }
    add_block_count(slot != kNoIndex, &counters[kApplied]);
}

__global__ void count_updates(PassParameters parameters, const abi::ModelOp* ops, const u32* place,
                              u32* changes) {
    const u32 op = thread_index();
    if (op >= parameters.op_count || place[op] == kNoIndex) return;
    if (ops[op].kind != abi::kUpdateWeights) return;
    u32* const change = &changes[static_cast<std::size_t>(place[op]) * kModelChangeWords];
    if (op + 1 > change[kLastRegister]) atomicAdd(&change[kUpdateCount], 1U);
}

// A slot as an insertion leaves it: all zero, paddings included, but for key and occupied flag.
template <class Op, class Entry>
__device__ inline void insert(Entry* slot, const Op* inserter) {
    GPU_UNROLL
    for (unsigned i = 0; i < sizeof(Entry) / sizeof(Word); ++i)
        reinterpret_cast<Word*>(slot)[i] = 0;
    write_words4(slot, key_of(inserter));
    slot->occupied = 1;
}

__global__ void write_attestations(PassParameters parameters, const abi::AttestationOp* ops,
                                   const u32* owner, const u32* changes, abi::Attestation* table) {
    const u32 slot = thread_index();
    if (slot >= parameters.slot_count || changes[slot] == 0) return;
    abi::Attestation* const to = &table[slot];
    const abi::AttestationOp& op = ops[changes[slot] - 1];
    if (owner[slot] != kNoIndex) insert(to, &ops[owner[slot]]);
    copy_field(to->measurement, op.measurement);
    copy_field(to->attesting_key, op.attesting_key);
    to->expiry_ns = op.expiry_ns;
    to->kind = op.kind;
    to->evidence_offset = op.evidence_offset;
    to->evidence_len = op.evidence_len;
    const bool is_expired = is_past(op.expiry_ns, now_of(parameters));
    to->status = abi::kAttestationVerified | (is_expired ? abi::kAttestationExpired : 0U);
}

__global__ void write_models(PassParameters parameters, const abi::ModelOp* ops, const u32* owner,
                             const u32* changes, abi::ModelRegistryEntry* table) {
    const u32 slot = thread_index();
    if (slot >= parameters.slot_count) return;
    abi::ModelRegistryEntry* const to = &table[slot];
    const u32* const change = &changes[static_cast<std::size_t>(slot) * kModelChangeWords];
    if (owner[slot] != kNoIndex) insert(to, &ops[owner[slot]]);
    if (change[kLastWeights] != 0)
        copy_field(to->weight_hash, ops[change[kLastWeights] - 1].weight_hash);
    if (change[kLastLicense] != 0)
        copy_field(to->license_root, ops[change[kLastLicense] - 1].license_root);
    if (change[kLastOwner] != 0) copy_field(to->owner_addr, ops[change[kLastOwner] - 1].owner_addr);
    if (change[kLastParameters] != 0)
        to->parameter_count = ops[change[kLastParameters] - 1].parameter_count;
    if (change[kLastRegister] != 0) to->modality = ops[change[kLastRegister] - 1].modality;
    const Word before = change[kLastRegister] != 0 ? 1 : to->version;
    const Word after = before + change[kUpdateCount];
    to->version = after < before ? ~Word{0} : after;  // saturates
}

}  // namespace aivm::gpu
