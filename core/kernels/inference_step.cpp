#include <cstring>

#include "core/base/digest.h"
#include "core/kernels/access.h"
#include "core/kernels/inference.h"
#include "core/kernels/kernels.h"

namespace aivm {
namespace {

void put(std::uint8_t (&field)[32], const Hash32& value) { std::memcpy(field, value.data(), 32); }

ByteView timestamp_bytes(const abi::InferenceOp& op) {
    return {reinterpret_cast<const std::uint8_t*>(&op.timestamp_ns), sizeof op.timestamp_ns};
}

}  // namespace

abi::InferenceResult kernels::result_of_inference(const abi::InferenceOp& op, ByteView input,
                                                  std::uint8_t output) {
    abi::InferenceResult result{};
    result.status = abi::kInferenceOk;
    result.output_len = 1;
    put(result.input_commitment, keccak256({op.salt, input}));
    put(result.output_commitment, keccak256({op.salt, ByteView{&output, 1}}));
    if (op.mode != 0) {
        put(result.attestation_root,
            keccak256({op.model_hash, result.input_commitment, result.output_commitment,
                       op.policy_hash, timestamp_bytes(op)}));
    }
    return result;
}

int CpuKernels::inference_step(const InferenceBatch& batch) {
    if (batch.op_count == 0) return abi::kOk;
    if (!kernels::is_valid(batch)) return abi::kInvalidArgument;
    const auto weights = kernels::load(batch.weights);
    for (std::uint32_t i = 0; i < batch.op_count; ++i) {
        const auto op = kernels::load(batch.ops, i);
        abi::InferenceResult result{};
        result.status = kernels::check_inference(weights, op);
        if (result.status == abi::kInferenceOk) {
            const ByteView input{batch.inputs + op.input_offset, abi::kInferenceInputs};
            const std::uint8_t output = kernels::infer(weights, input.data());
            batch.outputs[op.output_offset] = output;
            result = kernels::result_of_inference(op, input, output);
        }
        kernels::store(batch.results, i, result);
    }
    return abi::kOk;
}

}  // namespace aivm
