// The numbers that the shaders use for structures, counters and statuses, against the C++ headers
// they come from.
#include <gtest/gtest.h>

#include "core/kernels/abi.h"
#include "gpu/kernels/passes.h"

#include "gpu/vulkan/shaders/layout.inc"

namespace aivm::gpu {
namespace {

// Offsets and sizes are in words.
#define EXPECT_SIZE(number, type) EXPECT_EQ(number, sizeof(abi::type) / 4) << #type
#define EXPECT_OFFSET(number, type, member) \
    EXPECT_EQ(number, offsetof(abi::type, member) / 4) << #type "." #member

TEST(ShaderLayout, RegistryStructuresAreThoseOfTheAbi) {
    EXPECT_SIZE(ATTESTATION_WORDS, Attestation);
    EXPECT_OFFSET(ATTESTATION_EXPIRY, Attestation, expiry_ns);
    EXPECT_OFFSET(ATTESTATION_STATUS, Attestation, status);
    EXPECT_OFFSET(ATTESTATION_OCCUPIED, Attestation, occupied);
    EXPECT_SIZE(ATTESTATION_OP_WORDS, AttestationOp);
    EXPECT_OFFSET(ATTESTATION_OP_KEY, AttestationOp, attesting_key);
    EXPECT_OFFSET(ATTESTATION_OP_KEY_END, AttestationOp, expiry_ns);
    EXPECT_OFFSET(ATTESTATION_OP_EXPIRY, AttestationOp, expiry_ns);
    EXPECT_OFFSET(ATTESTATION_OP_EVIDENCE_END, AttestationOp, epoch);
    EXPECT_SIZE(MODEL_WORDS, ModelRegistryEntry);
    EXPECT_OFFSET(MODEL_WEIGHTS, ModelRegistryEntry, weight_hash);
    EXPECT_OFFSET(MODEL_LICENSE, ModelRegistryEntry, license_root);
    EXPECT_OFFSET(MODEL_OWNER, ModelRegistryEntry, owner_addr);
    EXPECT_OFFSET(MODEL_OWNER_END, ModelRegistryEntry, _pad0);
    EXPECT_OFFSET(MODEL_VERSION, ModelRegistryEntry, version);
    EXPECT_OFFSET(MODEL_PARAMETERS, ModelRegistryEntry, parameter_count);
    EXPECT_OFFSET(MODEL_MODALITY, ModelRegistryEntry, modality);
    EXPECT_OFFSET(MODEL_OCCUPIED, ModelRegistryEntry, occupied);
    EXPECT_SIZE(MODEL_OP_WORDS, ModelOp);
    EXPECT_OFFSET(MODEL_OP_WEIGHTS, ModelOp, weight_hash);
    EXPECT_OFFSET(MODEL_OP_LICENSE, ModelOp, license_root);
    EXPECT_OFFSET(MODEL_OP_OWNER, ModelOp, owner_addr);
    EXPECT_OFFSET(MODEL_OP_PARAMETERS, ModelOp, parameter_count);
    EXPECT_OFFSET(MODEL_OP_MODALITY, ModelOp, modality);
    EXPECT_OFFSET(MODEL_OP_KIND, ModelOp, kind);
    EXPECT_SIZE(ANCHOR_WORDS, AuditAnchor);
    EXPECT_SIZE(ANCHOR_WORDS, AnchorOp);
    EXPECT_OFFSET(ANCHOR_PARENT, AnchorOp, parent_root);
    EXPECT_OFFSET(ANCHOR_HEIGHT, AnchorOp, height);
    EXPECT_OFFSET(ANCHOR_HEIGHT, AuditAnchor, height);
    EXPECT_OFFSET(ANCHOR_OCCUPIED, AuditAnchor, occupied);
}

TEST(ShaderLayout, BatchStructuresAreThoseOfTheAbi) {
    EXPECT_OFFSET(WEIGHTS_B1, InferenceWeights, b1);
    EXPECT_OFFSET(WEIGHTS_W2, InferenceWeights, w2);
    EXPECT_OFFSET(WEIGHTS_B2, InferenceWeights, b2);
    EXPECT_OFFSET(WEIGHTS_SHIFTS, InferenceWeights, shift1);
    EXPECT_OFFSET(WEIGHTS_MODEL_HASH, InferenceWeights, model_hash);
    EXPECT_SIZE(INFERENCE_OP_WORDS, InferenceOp);
    EXPECT_OFFSET(INFERENCE_OP_POLICY, InferenceOp, policy_hash);
    EXPECT_OFFSET(INFERENCE_OP_SALT, InferenceOp, salt);
    EXPECT_OFFSET(INFERENCE_OP_MODE, InferenceOp, mode);
    EXPECT_OFFSET(INFERENCE_OP_INPUT_OFFSET, InferenceOp, input_offset);
    EXPECT_OFFSET(INFERENCE_OP_INPUT_LEN, InferenceOp, input_len);
    EXPECT_OFFSET(INFERENCE_OP_OUTPUT_OFFSET, InferenceOp, output_offset);
    EXPECT_OFFSET(INFERENCE_OP_OUTPUT_CAPACITY, InferenceOp, output_capacity);
    EXPECT_OFFSET(INFERENCE_OP_TIMESTAMP, InferenceOp, timestamp_ns);
    EXPECT_SIZE(INFERENCE_RESULT_WORDS, InferenceResult);
    EXPECT_OFFSET(INFERENCE_RESULT_INPUT, InferenceResult, input_commitment);
    EXPECT_OFFSET(INFERENCE_RESULT_OUTPUT, InferenceResult, output_commitment);
    EXPECT_OFFSET(INFERENCE_RESULT_ROOT, InferenceResult, attestation_root);
    EXPECT_SIZE(PROOF_OP_WORDS, ProofVerifyOp);
    EXPECT_OFFSET(PROOF_OP_KEY, ProofVerifyOp, attesting_key);
    EXPECT_OFFSET(PROOF_OP_SIGNATURE, ProofVerifyOp, signature);
    EXPECT_OFFSET(PROOF_OP_SIGNATURE_END, ProofVerifyOp, message_hash);
    EXPECT_OFFSET(PROOF_OP_EXPIRY, ProofVerifyOp, expiry_ns);
    EXPECT_OFFSET(PROOF_OP_TIMESTAMP, ProofVerifyOp, timestamp_ns);
    EXPECT_OFFSET(PROOF_OP_KIND, ProofVerifyOp, kind);
    EXPECT_OFFSET(PROOF_OP_NONCE, ProofVerifyOp, nonce);
    EXPECT_SIZE(PROOF_RESULT_WORDS, ProofVerifyResult);
    EXPECT_OFFSET(PROOF_RESULT_BINDING, ProofVerifyResult, binding_hash);
}

TEST(ShaderLayout, ConstantsAreThoseOfThePassesAndTheAbi) {
    EXPECT_EQ(COUNTER_APPLIED, kApplied);
    EXPECT_EQ(COUNTER_CURSOR, kCursor);
    EXPECT_EQ(COUNTER_ACTIVE, kActive);
    EXPECT_EQ(COUNTER_EXPIRED, kExpired);
    EXPECT_EQ(CHANGE_REGISTER, kLastRegister);
    EXPECT_EQ(CHANGE_WEIGHTS, kLastWeights);
    EXPECT_EQ(CHANGE_LICENSE, kLastLicense);
    EXPECT_EQ(CHANGE_OWNER, kLastOwner);
    EXPECT_EQ(CHANGE_PARAMETERS, kLastParameters);
    EXPECT_EQ(CHANGE_UPDATES, kUpdateCount);
    EXPECT_EQ(CHANGE_WORDS, kModelChangeWords);
    EXPECT_EQ(ANCHOR_WINDOW, kAnchorWindow);
    EXPECT_EQ(STATUS_VERIFIED, abi::kAttestationVerified);
    EXPECT_EQ(STATUS_EXPIRED, abi::kAttestationExpired);
    EXPECT_EQ(KIND_REGISTER, abi::kRegister);
    EXPECT_EQ(KIND_UPDATE_WEIGHTS, abi::kUpdateWeights);
    EXPECT_EQ(KIND_UPDATE_LICENSE, abi::kUpdateLicense);
    EXPECT_EQ(KIND_TRANSFER, abi::kTransfer);
    EXPECT_EQ(PROOF_VALID, abi::kProofValid);
    EXPECT_EQ(PROOF_NO_SIGNATURE, abi::kProofNoSignature);
    EXPECT_EQ(PROOF_NO_MEASUREMENT, abi::kProofNoMeasurement);
    EXPECT_EQ(PROOF_EXPIRED, abi::kProofExpired);
    EXPECT_EQ(PROOF_NO_KEY, abi::kProofNoKey);
    EXPECT_EQ(INFERENCE_OK, abi::kInferenceOk);
    EXPECT_EQ(INFERENCE_WRONG_MODEL, abi::kWrongModel);
    EXPECT_EQ(INFERENCE_WRONG_INPUT_LENGTH, abi::kWrongInputLength);
    EXPECT_EQ(INFERENCE_NO_OUTPUT_CAPACITY, abi::kNoOutputCapacity);
}

}  // namespace
}  // namespace aivm::gpu
