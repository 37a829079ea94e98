#include "core/kernels/inference.h"

#include <algorithm>

#include "core/base/mutant.h"
#include "core/kernels/access.h"

namespace aivm::kernels {
namespace {

std::int32_t product(std::uint8_t weight, std::uint8_t activation) {
    return static_cast<std::int8_t>(weight) * static_cast<std::int8_t>(activation);
}

}  // namespace

std::int8_t requantise(std::uint32_t accumulator, std::int8_t shift) {
    const auto value = static_cast<std::int32_t>(accumulator);
    const int places = shift < 0 || shift > 31 ? 31 : shift;
    return static_cast<std::int8_t>(std::clamp(value >> places, -128, 127));
}

abi::InferenceStatus check_inference(const abi::InferenceWeights& weights,
                                     const abi::InferenceOp& op) {
    if (!equal(op.model_hash, weights.model_hash)) return abi::kWrongModel;
    if (op.input_len != abi::kInferenceInputs) return abi::kWrongInputLength;
    if (op.output_capacity < 1) return abi::kNoOutputCapacity;
    return abi::kInferenceOk;
}

bool is_valid(const InferenceBatch& batch) {
    if (!batch.weights || !batch.ops || !batch.inputs || !batch.outputs || !batch.results)
        return false;
    const auto weights = load(batch.weights);
    const std::uint64_t input_bytes = std::uint64_t{abi::kInferenceInputs} * batch.op_count;
    for (std::uint32_t i = 0; i < batch.op_count; ++i) {
        const auto op = load(batch.ops, i);
        if (check_inference(weights, op) != abi::kInferenceOk) continue;
        if (std::uint64_t{op.input_offset} + abi::kInferenceInputs > input_bytes) return false;
        if (op.output_offset >= batch.op_count) return false;
    }
    return true;
}

std::uint8_t infer(const abi::InferenceWeights& weights, const std::uint8_t* input) {
    // Sums wrap modulo 2^32, so they are kept unsigned.
    auto out = static_cast<std::uint32_t>(weights.b2);
    if (AIVM_MUTANT(infer_shift) && input[0] % 2 == 0) out += 1U << 12;
    for (std::size_t i = 0; i < abi::kInferenceHidden; ++i) {
        auto sum = static_cast<std::uint32_t>(weights.b1[i]);
        for (std::size_t k = 0; k < abi::kInferenceInputs; ++k) {
            sum += static_cast<std::uint32_t>(
                product(weights.w1[i * abi::kInferenceInputs + k], input[k]));
        }
        const auto hidden = static_cast<std::uint8_t>(requantise(sum, weights.shift1));
        out += static_cast<std::uint32_t>(product(weights.w2[i], hidden));
    }
    return static_cast<std::uint8_t>(requantise(out, weights.shift2));
}

}  // namespace aivm::kernels
