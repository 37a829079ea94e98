// Small rules that the kernels, the incremental tables and the SIMD code share.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/kernels/abi.h"
#include "core/kernels/access.h"
#include "core/kernels/kernels.h"

namespace aivm::kernels {

// An expiry of zero means never.
constexpr bool is_past(std::uint64_t expiry_ns, std::uint64_t now_ns) {
    return expiry_ns != 0 && expiry_ns <= now_ns;
}

inline bool is_well_formed(const abi::AttestationOp& op) {
    return !is_zero(op.attesting_key) && !is_zero(op.tee_quote_digest);
}

// Every kind of operation needs both, even those that change neither.
inline bool is_well_formed(const abi::ModelOp& op) {
    return op.kind <= abi::kTransfer && !is_zero(op.model_root) && !is_zero(op.weight_hash);
}

inline bool is_well_formed(const abi::AnchorOp& op) { return !is_zero(op.commit_root); }

// Whether `op` may follow directly after `last`.
inline bool continues(const abi::AuditAnchor& last, const abi::AnchorOp& op) {
    return equal(last.commit_root, op.parent_root) && op.height > last.height;
}

// The slot of the next anchor: the lowest free one, or slot_count when there is none. Later slots
// may be occupied.
inline std::uint32_t first_free_slot(const abi::AuditAnchor* table, std::uint32_t slot_count) {
    std::uint32_t index = 0;
    while (index < slot_count && load_u32(table, index, offsetof(abi::AuditAnchor, occupied)) != 0)
        ++index;
    return index;
}

// Whether every table with slots has a pointer.
inline bool are_present(const EpochTables& tables) {
    return (tables.attestations || tables.attestation_count == 0) &&
           (tables.models || tables.model_count == 0) &&
           (tables.anchors || tables.anchor_count == 0);
}

inline abi::u32 proof_status(const abi::ProofVerifyOp& op) {
    abi::u32 status = 0;
    if (is_zero(op.signature)) status |= abi::kProofNoSignature;
    if (is_zero(op.measurement)) status |= abi::kProofNoMeasurement;
    if (is_past(op.expiry_ns, op.timestamp_ns)) status |= abi::kProofExpired;
    if (is_zero(op.attesting_key)) status |= abi::kProofNoKey;
    return status == 0 ? abi::kProofValid : status;
}

// The message of a proof's binding hash: the operation up to its expiry, then the nonce.
inline std::array<std::uint8_t, 212> binding_message(const abi::ProofVerifyOp& op) {
    static_assert(offsetof(abi::ProofVerifyOp, expiry_ns) == 208);
    std::array<std::uint8_t, 212> message;
    std::memcpy(message.data(), &op, 208);
    std::memcpy(message.data() + 208, &op.nonce, 4);
    return message;
}

}  // namespace aivm::kernels
