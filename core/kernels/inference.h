// The int8 network 32 -> 16 -> 1 and the checks of one inference operation, without the hashing.
#pragma once

#include <cstdint>

#include "core/base/bytes.h"
#include "core/kernels/abi.h"
#include "core/kernels/kernels.h"

namespace aivm::kernels {

// The checks in their published order; kInferenceOk when the operation is to run.
abi::InferenceStatus check_inference(const abi::InferenceWeights& weights,
                                     const abi::InferenceOp& op);

// Whether all pointers are set and all operations that pass their checks stay inside the batch.
// Requires op_count > 0.
bool is_valid(const InferenceBatch& batch);

// From a layer's sum to its activation: an arithmetic shift, then saturation to a signed byte. A
// shift outside [0, 31] fills with the sign.
std::int8_t requantise(std::uint32_t accumulator, std::int8_t shift);

// What the kernel reports of an operation that ran on `input` and wrote `output`: its commitments.
abi::InferenceResult result_of_inference(const abi::InferenceOp& op, ByteView input,
                                         std::uint8_t output);

// The output byte for 32 input bytes.
std::uint8_t infer(const abi::InferenceWeights& weights, const std::uint8_t* input);

}  // namespace aivm::kernels
