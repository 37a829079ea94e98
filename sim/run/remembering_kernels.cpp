#define XXH_INLINE_ALL
#include "sim/run/remembering_kernels.h"

#include <xxhash.h>

#include <cstring>

#include "core/kernels/inference.h"

namespace aivm::sim {

bool RememberingKernels::Question::operator==(const Question& other) const {
    return std::memcmp(&op, &other.op, sizeof op) == 0 && input == other.input;
}

std::size_t RememberingKernels::Hash::operator()(const Question& question) const {
    return XXH3_64bits(question.input.data(), question.input.size());
}

int RememberingKernels::inference_step(const InferenceBatch& batch) {
    if (batch.op_count != 1 || !kernels::is_valid(batch)) return backend_.inference_step(batch);
    Question question;
    std::memcpy(&question.op, batch.ops, sizeof question.op);
    const bool at_start = question.op.input_offset == 0 && question.op.output_offset == 0;
    if (!at_start ||
        std::memcmp(question.op.model_hash, batch.weights->model_hash, sizeof question.op.model_hash) != 0) {
        return backend_.inference_step(batch);
    }
    std::memcpy(question.input.data(), batch.inputs, question.input.size());
    if (const auto known = known_.find(question); known != known_.end()) {
        if (known->second.result.status == abi::kInferenceOk) *batch.outputs = known->second.output;
        *batch.results = known->second.result;
        return abi::kOk;
    }
    const int code = backend_.inference_step(batch);
    if (code == abi::kOk) known_.emplace(question, Reply{*batch.outputs, *batch.results});
    return code;
}

}  // namespace aivm::sim
