// The int8 network 32 -> 16 -> 1 and the checks of one inference operation, without the hashing.
#pragma once

#include <cstdint>

#include "core/kernels/abi.h"
#include "core/kernels/kernels.h"

namespace aivm::kernels {

// The checks in their published order; kInferenceOk when the operation is to run.
abi::InferenceStatus check_inference(const abi::InferenceWeights& weights,
                                     const abi::InferenceOp& op);

// Whether all pointers are set and all operations that pass their checks stay inside the batch.
// Requires op_count > 0.
bool is_valid(const InferenceBatch& batch);

// The output byte for 32 input bytes.
std::uint8_t infer(const abi::InferenceWeights& weights, const std::uint8_t* input);

}  // namespace aivm::kernels
