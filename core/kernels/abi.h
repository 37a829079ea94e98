// The 14 structures that cross the kernel ABI: little-endian, natural alignment, the same bytes on
// every backend. Plain C layout and no library types, so that CUDA, HIP and shader-side code may
// include this header.
//
// Each structure is written once, as a table of FIELD(struct, type, name, byte offset). The table
// makes the members, the compile-time check of every offset, and (abi_layout.h) the run-time
// description of the fields. Paddings carry bytes that survive some kernels, so they have names
// too. `Type value{}` is all zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace aivm::abi {

using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i8 = std::int8_t;
using i32 = std::int32_t;
using i32x16 = std::int32_t[16];
using b2 = std::uint8_t[2];
using b8 = std::uint8_t[8];
using b16 = std::uint8_t[16];
using b20 = std::uint8_t[20];
using b32 = std::uint8_t[32];
using b48 = std::uint8_t[48];
using b96 = std::uint8_t[96];
using b512 = std::uint8_t[512];

// clang-format off
#define AIVM_ABI_Attestation(FIELD, S)              \
    FIELD(S, b32, tee_quote_digest, 0)              \
    FIELD(S, b32, measurement, 32)                  \
    FIELD(S, b48, attesting_key, 64)                \
    FIELD(S, u64, expiry_ns, 112)                   \
    FIELD(S, u32, kind, 120)                        \
    FIELD(S, u32, evidence_offset, 124)             \
    FIELD(S, u32, evidence_len, 128)                \
    FIELD(S, u32, status, 132)                      \
    FIELD(S, u32, occupied, 136)                    \
    FIELD(S, u32, _pad0, 140)

#define AIVM_ABI_ModelRegistryEntry(FIELD, S)       \
    FIELD(S, b32, model_root, 0)                    \
    FIELD(S, b32, weight_hash, 32)                  \
    FIELD(S, b32, license_root, 64)                 \
    FIELD(S, b20, owner_addr, 96)                   \
    FIELD(S, u32, _pad0, 116)                       \
    FIELD(S, u64, version, 120)                     \
    FIELD(S, u64, parameter_count, 128)             \
    FIELD(S, u32, modality, 136)                    \
    FIELD(S, u32, occupied, 140)                    \
    FIELD(S, u64, _pad1, 144)                       \
    FIELD(S, u64, _pad2, 152)

#define AIVM_ABI_AuditAnchor(FIELD, S)              \
    FIELD(S, b32, commit_root, 0)                   \
    FIELD(S, b32, parent_root, 32)                  \
    FIELD(S, b32, validator_set_root_at_commit, 64) \
    FIELD(S, u64, height, 96)                       \
    FIELD(S, u64, timestamp_ns, 104)                \
    FIELD(S, u32, occupied, 112)                    \
    FIELD(S, u32, _pad0, 116)                       \
    FIELD(S, u64, _pad1, 120)

#define AIVM_ABI_AIVMEpochState(FIELD, S)           \
    FIELD(S, u64, current_epoch, 0)                 \
    FIELD(S, u64, next_epoch_height, 8)             \
    FIELD(S, u64, total_active_attestations, 16)    \
    FIELD(S, u32, active_model_count, 24)           \
    FIELD(S, u32, expired_attestation_count, 28)    \
    FIELD(S, b32, attestation_root, 32)             \
    FIELD(S, b32, model_registry_root, 64)          \
    FIELD(S, b32, audit_root, 96)                   \
    FIELD(S, b32, aivm_state_root, 128)

#define AIVM_ABI_AIVMRoundDescriptor(FIELD, S)      \
    FIELD(S, u64, chain_id, 0)                      \
    FIELD(S, u64, round, 8)                         \
    FIELD(S, u64, timestamp_ns, 16)                 \
    FIELD(S, u64, epoch, 24)                        \
    FIELD(S, u32, mode, 32)                         \
    FIELD(S, u32, attestation_op_count, 36)         \
    FIELD(S, u32, model_op_count, 40)               \
    FIELD(S, u32, anchor_op_count, 44)              \
    FIELD(S, u32, closing_flag, 48)                 \
    FIELD(S, u32, _pad0, 52)                        \
    FIELD(S, u64, _pad1, 56)                        \
    FIELD(S, b32, parent_aivm_root, 64)

#define AIVM_ABI_AttestationOp(FIELD, S)            \
    FIELD(S, b32, tee_quote_digest, 0)              \
    FIELD(S, b32, measurement, 32)                  \
    FIELD(S, b48, attesting_key, 64)                \
    FIELD(S, u64, expiry_ns, 112)                   \
    FIELD(S, u32, kind, 120)                        \
    FIELD(S, u32, evidence_offset, 124)             \
    FIELD(S, u32, evidence_len, 128)                \
    FIELD(S, u32, epoch, 132)                       \
    FIELD(S, u32, _pad0, 136)                       \
    FIELD(S, u32, _pad1, 140)

#define AIVM_ABI_ModelOp(FIELD, S)                  \
    FIELD(S, b32, model_root, 0)                    \
    FIELD(S, b32, weight_hash, 32)                  \
    FIELD(S, b32, license_root, 64)                 \
    FIELD(S, b20, owner_addr, 96)                   \
    FIELD(S, u32, _pad0, 116)                       \
    FIELD(S, u64, parameter_count, 120)             \
    FIELD(S, u32, modality, 128)                    \
    FIELD(S, u32, kind, 132)                        \
    FIELD(S, u32, epoch, 136)                       \
    FIELD(S, u32, _pad1, 140)                       \
    FIELD(S, u64, _pad2, 144)                       \
    FIELD(S, u64, _pad3, 152)

#define AIVM_ABI_AnchorOp(FIELD, S)                 \
    FIELD(S, b32, commit_root, 0)                   \
    FIELD(S, b32, parent_root, 32)                  \
    FIELD(S, b32, validator_set_root_at_commit, 64) \
    FIELD(S, u64, height, 96)                       \
    FIELD(S, u64, timestamp_ns, 104)                \
    FIELD(S, u32, epoch, 112)                       \
    FIELD(S, u32, _pad0, 116)                       \
    FIELD(S, u64, _pad1, 120)

#define AIVM_ABI_AIVMTransitionResult(FIELD, S)     \
    FIELD(S, u32, status, 0)                        \
    FIELD(S, u32, attestation_apply_count, 4)       \
    FIELD(S, u32, model_apply_count, 8)             \
    FIELD(S, u32, anchor_apply_count, 12)           \
    FIELD(S, u32, active_attestations, 16)          \
    FIELD(S, u32, expired_attestations, 20)         \
    FIELD(S, u32, model_count, 24)                  \
    FIELD(S, u32, anchor_count, 28)                 \
    FIELD(S, u64, epoch, 32)                        \
    FIELD(S, u64, total_models, 40)                 \
    FIELD(S, u64, total_anchors, 48)                \
    FIELD(S, u64, _pad0, 56)                        \
    FIELD(S, b32, attestation_root, 64)             \
    FIELD(S, b32, model_registry_root, 96)          \
    FIELD(S, b32, audit_root, 128)                  \
    FIELD(S, b32, aivm_state_root, 160)

#define AIVM_ABI_InferenceWeights(FIELD, S)         \
    FIELD(S, b512, w1, 0)                           \
    FIELD(S, i32x16, b1, 512)                       \
    FIELD(S, b16, w2, 576)                          \
    FIELD(S, i32, b2, 592)                          \
    FIELD(S, i8, shift1, 596)                       \
    FIELD(S, i8, shift2, 597)                       \
    FIELD(S, abi::b2, _pad0, 598)                   \
    FIELD(S, b32, model_hash, 600)                  \
    FIELD(S, b32, model_config_hash, 632)           \
    FIELD(S, b8, _pad1, 664)

#define AIVM_ABI_InferenceOp(FIELD, S)              \
    FIELD(S, b32, model_hash, 0)                    \
    FIELD(S, b32, policy_hash, 32)                  \
    FIELD(S, b32, salt, 64)                         \
    FIELD(S, u32, mode, 96)                         \
    FIELD(S, u32, input_offset, 100)                \
    FIELD(S, u32, input_len, 104)                   \
    FIELD(S, u32, output_offset, 108)               \
    FIELD(S, u32, output_capacity, 112)             \
    FIELD(S, u32, _pad0, 116)                       \
    FIELD(S, u64, round_id, 120)                    \
    FIELD(S, u64, timestamp_ns, 128)                \
    FIELD(S, b8, _pad1, 136)

#define AIVM_ABI_InferenceResult(FIELD, S)          \
    FIELD(S, u32, status, 0)                        \
    FIELD(S, u32, output_len, 4)                    \
    FIELD(S, b32, input_commitment, 8)              \
    FIELD(S, b32, output_commitment, 40)            \
    FIELD(S, b32, attestation_root, 72)             \
    FIELD(S, b8, _pad0, 104)

#define AIVM_ABI_ProofVerifyOp(FIELD, S)            \
    FIELD(S, b32, measurement, 0)                   \
    FIELD(S, b48, attesting_key, 32)                \
    FIELD(S, b96, signature, 80)                    \
    FIELD(S, b32, message_hash, 176)                \
    FIELD(S, u64, expiry_ns, 208)                   \
    FIELD(S, u64, timestamp_ns, 216)                \
    FIELD(S, u32, kind, 224)                        \
    FIELD(S, u32, nonce, 228)                       \
    FIELD(S, b8, _pad0, 232)

#define AIVM_ABI_ProofVerifyResult(FIELD, S)        \
    FIELD(S, u32, status, 0)                        \
    FIELD(S, u32, kind, 4)                          \
    FIELD(S, b32, binding_hash, 8)                  \
    FIELD(S, b8, _pad0, 40)

// STRUCT(name, size in bytes) for each of the fourteen.
#define AIVM_ABI_STRUCTS(STRUCT)       \
    STRUCT(Attestation, 144)           \
    STRUCT(ModelRegistryEntry, 160)    \
    STRUCT(AuditAnchor, 128)           \
    STRUCT(AIVMEpochState, 160)        \
    STRUCT(AIVMRoundDescriptor, 96)    \
    STRUCT(AttestationOp, 144)         \
    STRUCT(ModelOp, 160)               \
    STRUCT(AnchorOp, 128)              \
    STRUCT(AIVMTransitionResult, 192)  \
    STRUCT(InferenceWeights, 672)      \
    STRUCT(InferenceOp, 144)           \
    STRUCT(InferenceResult, 112)       \
    STRUCT(ProofVerifyOp, 240)         \
    STRUCT(ProofVerifyResult, 48)
// clang-format on

#define AIVM_ABI_MEMBER(S, TYPE, NAME, OFFSET) TYPE NAME;
#define AIVM_ABI_DEFINE(NAME, SIZE)            \
    struct NAME {                              \
        AIVM_ABI_##NAME(AIVM_ABI_MEMBER, NAME) \
    };
AIVM_ABI_STRUCTS(AIVM_ABI_DEFINE)
#undef AIVM_ABI_DEFINE
#undef AIVM_ABI_MEMBER

#define AIVM_ABI_OFFSET(S, TYPE, NAME, OFFSET) \
    static_assert(offsetof(S, NAME) == OFFSET, #S "." #NAME);
#define AIVM_ABI_PLUS_SIZE(S, TYPE, NAME, OFFSET) +sizeof(TYPE)
#define AIVM_ABI_CHECK(NAME, SIZE)                                                                \
    static_assert(sizeof(NAME) == SIZE, "size of " #NAME);                                        \
    static_assert(0 AIVM_ABI_##NAME(AIVM_ABI_PLUS_SIZE, NAME) == SIZE, "hidden padding: " #NAME); \
    static_assert(std::is_trivially_copyable_v<NAME> && std::is_standard_layout_v<NAME>);         \
    AIVM_ABI_##NAME(AIVM_ABI_OFFSET, NAME)
AIVM_ABI_STRUCTS(AIVM_ABI_CHECK)
#undef AIVM_ABI_CHECK
#undef AIVM_ABI_PLUS_SIZE
#undef AIVM_ABI_OFFSET

// Return codes of kernels.
enum ReturnCode : int {
    kOk = 0,
    kInvalidArgument = 1,
    kOutOfMemory = 2,
    kNotSupported = 3,
    kDeviceLost = 4,
    kInternal = 5,
};

// Bits of Attestation::status.
inline constexpr u32 kAttestationVerified = 0x2;
inline constexpr u32 kAttestationExpired = 0x4;

// ModelOp::kind; other kinds are ignored.
enum ModelOpKind : u32 { kRegister = 0, kUpdateWeights = 1, kUpdateLicense = 2, kTransfer = 3 };

// InferenceResult::status.
enum InferenceStatus : u32 {
    kInferenceOk = 0,
    kWrongModel = 1,
    kWrongInputLength = 2,
    kNoOutputCapacity = 3
};

// Bits of ProofVerifyResult::status; kProofValid stands alone.
inline constexpr u32 kProofValid = 0x01;
inline constexpr u32 kProofNoSignature = 0x02;
inline constexpr u32 kProofNoMeasurement = 0x04;
inline constexpr u32 kProofExpired = 0x08;
inline constexpr u32 kProofNoKey = 0x10;

// The inference network: 32 inputs, 16 hidden units, 1 output, all signed bytes.
inline constexpr u32 kInferenceInputs = 32;
inline constexpr u32 kInferenceHidden = 16;

}  // namespace aivm::abi
