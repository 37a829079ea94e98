// inference_step with the commitments of a chunk of operations hashed side by side.
#include <algorithm>
#include <array>
#include <cstring>

#include "core/kernels/access.h"
#include "core/kernels/inference.h"
#include "gpu/simd/simd_kernels.h"

namespace aivm::gpu {
namespace {

constexpr std::uint32_t kChunk =
    64;  // messages and digests of a chunk stay in the second-level cache

// The three messages of the operations that passed their checks, with gaps for none.
struct Commitments {
    using InputMessage = std::array<std::uint8_t, 64>;   // salt || x
    using OutputMessage = std::array<std::uint8_t, 33>;  // salt || y
    using AttestationMessage =
        std::array<std::uint8_t, 136>;  // model, input and output commitment, policy, time

    std::array<InputMessage, kChunk> input_messages;
    std::array<OutputMessage, kChunk> output_messages;
    std::array<AttestationMessage, kChunk> attestation_messages;
    std::array<Hash32, kChunk> input, output, attestation;
    std::array<abi::InferenceOp, kChunk> ops;
    std::array<std::uint32_t, kChunk> index;  // of the operation in the batch
    std::uint32_t count = 0;
    bool any_attested =
        false;  // attestations of two permutations each: only when one of them is asked for

    void add(const abi::InferenceOp& op, std::uint32_t at, const std::uint8_t* x, std::uint8_t y) {
        ops[count] = op;
        any_attested = any_attested || op.mode != 0;
        index[count] = at;
        std::memcpy(input_messages[count].data(), op.salt, 32);
        std::memcpy(input_messages[count].data() + 32, x, 32);
        std::memcpy(output_messages[count].data(), op.salt, 32);
        output_messages[count][32] = y;
        ++count;
    }

    void hash(const BatchHasher& hasher) {
        hasher.hash_many(input_messages[0].data(), sizeof(InputMessage), count, input.data());
        hasher.hash_many(output_messages[0].data(), sizeof(OutputMessage), count, output.data());
        if (!any_attested) return;
        for (std::uint32_t i = 0; i < count; ++i) {
            std::uint8_t* to = attestation_messages[i].data();
            std::memcpy(to, ops[i].model_hash, 32);
            std::memcpy(to + 32, input[i].data(), 32);
            std::memcpy(to + 64, output[i].data(), 32);
            std::memcpy(to + 96, ops[i].policy_hash, 32);
            std::memcpy(to + 128, &ops[i].timestamp_ns, 8);
        }
        hasher.hash_many(attestation_messages[0].data(), sizeof(AttestationMessage), count,
                         attestation.data());
    }

    void write(abi::InferenceResult* results) const {
        for (std::uint32_t i = 0; i < count; ++i) {
            abi::InferenceResult result{};
            result.status = abi::kInferenceOk;
            result.output_len = 1;
            std::memcpy(result.input_commitment, input[i].data(), 32);
            std::memcpy(result.output_commitment, output[i].data(), 32);
            if (ops[i].mode != 0) std::memcpy(result.attestation_root, attestation[i].data(), 32);
            kernels::store(results, index[i], result);
        }
    }
};

}  // namespace

int SimdKernels::inference_step(const InferenceBatch& batch) {
    if (batch.op_count == 0) return abi::kOk;
    if (!kernels::is_valid(batch)) return abi::kInvalidArgument;
    const auto weights = kernels::load(batch.weights);
    Commitments commitments;
    const auto flush = [&] {
        commitments.hash(hasher_);
        commitments.write(batch.results);
        commitments.count = 0;
        commitments.any_attested = false;
    };
    for (std::uint32_t i = 0; i < batch.op_count; ++i) {
        const auto op = kernels::load(batch.ops, i);
        const auto status = kernels::check_inference(weights, op);
        if (status != abi::kInferenceOk) {
            abi::InferenceResult refused{};
            refused.status = status;
            kernels::store(batch.results, i, refused);
            continue;
        }
        const std::uint8_t* input = batch.inputs + op.input_offset;
        const std::uint8_t output = kernels::infer(weights, input);
        batch.outputs[op.output_offset] = output;
        commitments.add(op, i, input, output);
        if (commitments.count == kChunk) flush();
    }
    flush();
    return abi::kOk;
}

}  // namespace aivm::gpu
