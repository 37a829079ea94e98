// inference_step and proof_verify: one thread per operation.
#pragma once

#include "gpu/kernels/device_access.h"

namespace aivm::gpu {

// An arithmetic shift, then saturation to a signed byte. A shift outside [0, 31] fills with the
// sign.
__device__ inline int requantise(u32 accumulator, int shift) {
    const int value = static_cast<int>(accumulator) >> (shift < 0 || shift > 31 ? 31 : shift);
    return value < -128 ? -128 : value > 127 ? 127 : value;
}

// The output byte; sums wrap modulo 2^32.
__device__ inline u32 infer(const abi::InferenceWeights& weights, const unsigned char* input) {
    u32 out = static_cast<u32>(weights.b2);
    for (u32 i = 0; i < abi::kInferenceHidden; ++i) {
        u32 sum = static_cast<u32>(weights.b1[i]);
        for (u32 k = 0; k < abi::kInferenceInputs; ++k) {
            const int weight = static_cast<signed char>(weights.w1[i * abi::kInferenceInputs + k]);
            sum += static_cast<u32>(weight * static_cast<signed char>(input[k]));
        }
        const int hidden = requantise(sum, weights.shift1);
        out += static_cast<u32>(static_cast<signed char>(weights.w2[i]) * hidden);
    }
    return static_cast<u32>(requantise(out, weights.shift2)) & 0xFFU;
}

__device__ inline u32 check_inference(const abi::InferenceWeights& weights,
                                      const abi::InferenceOp& op) {
    if (!same(words4_at(op.model_hash), words4_at(weights.model_hash))) return abi::kWrongModel;
    if (op.input_len != abi::kInferenceInputs) return abi::kWrongInputLength;
    if (op.output_capacity < 1) return abi::kNoOutputCapacity;
    return abi::kInferenceOk;
}

// 8 bytes of the inputs, which start at any offset.
__device__ inline Word input_word(const unsigned char* input, unsigned index) {
    Word word = 0;
    GPU_UNROLL
    for (unsigned i = 0; i < 8; ++i) word |= static_cast<Word>(input[index * 8 + i]) << (8 * i);
    return word;
}

__device__ inline void commit_inference(const abi::InferenceOp& op, const unsigned char* input,
                                        u32 output, abi::InferenceResult* result) {
    Word salted_input[8];
    Word salted_output[5];
    GPU_UNROLL
    for (unsigned i = 0; i < 4; ++i) {
        salted_input[i] = salted_output[i] = word_at(op.salt, i);
        salted_input[4 + i] = input_word(input, i);
    }
    salted_output[4] = output;
    const Words4 input_commitment = keccak256<64>(salted_input);
    const Words4 output_commitment = keccak256<33>(salted_output);
    write_words4(result->input_commitment, input_commitment);
    write_words4(result->output_commitment, output_commitment);
    result->output_len = 1;
    if (op.mode == 0) return;
    Word root[17];
    GPU_UNROLL
    for (unsigned i = 0; i < 4; ++i) {
        root[i] = word_at(op.model_hash, i);
        root[4 + i] = input_commitment.word[i];
        root[8 + i] = output_commitment.word[i];
        root[12 + i] = word_at(op.policy_hash, i);
    }
    root[16] = op.timestamp_ns;
    write_words4(result->attestation_root, keccak256<136>(root));
}

__global__ void run_inference(PassParameters parameters, const abi::InferenceWeights* weights,
                              const abi::InferenceOp* ops, const unsigned char* inputs,
                              abi::InferenceResult* results, u32* answers, u32* winner) {
    const u32 i = thread_index();
    if (i >= parameters.op_count) return;
    const abi::InferenceOp& op = ops[i];
    GPU_UNROLL
    for (unsigned w = 0; w < sizeof(abi::InferenceResult) / sizeof(Word); ++w)
        reinterpret_cast<Word*>(&results[i])[w] = 0;
    const u32 status = check_inference(*weights, op);
    results[i].status = status;
    if (status != abi::kInferenceOk) return;
    const u32 output = infer(*weights, inputs + op.input_offset);
    answers[i] = output;
    atomicMax(&winner[op.output_offset], i + 1);
    commit_inference(op, inputs + op.input_offset, output, &results[i]);
}

__global__ void inference_outputs(PassParameters parameters, const u32* winner, const u32* answers,
                                  u32* outputs) {
    const u32 i = thread_index();
    if (i >= parameters.op_count) return;
    outputs[i] = winner[i] == 0 ? kNoIndex : answers[winner[i] - 1];
}

__global__ void verify_proofs(PassParameters parameters, const abi::ProofVerifyOp* ops,
                              abi::ProofVerifyResult* results) {
    const u32 i = thread_index();
    if (i >= parameters.op_count) return;
    const abi::ProofVerifyOp& op = ops[i];
    u32 status = 0;
    if (is_zero(op.signature)) status |= abi::kProofNoSignature;
    if (is_zero(op.measurement)) status |= abi::kProofNoMeasurement;
    if (is_past(op.expiry_ns, op.timestamp_ns)) status |= abi::kProofExpired;
    if (is_zero(op.attesting_key)) status |= abi::kProofNoKey;
    Word message[27];
    GPU_UNROLL
    for (unsigned w = 0; w < 26; ++w) message[w] = word_at(&op, w);
    message[26] = op.nonce;
    GPU_UNROLL
    for (unsigned w = 0; w < sizeof(abi::ProofVerifyResult) / sizeof(Word); ++w)
        reinterpret_cast<Word*>(&results[i])[w] = 0;
    results[i].status = status == 0 ? abi::kProofValid : status;
    results[i].kind = op.kind;
    write_words4(results[i].binding_hash, keccak256<212>(message));
}

}  // namespace aivm::gpu
