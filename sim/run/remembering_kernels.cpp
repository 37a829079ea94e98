#define XXH_INLINE_ALL
#include "sim/run/remembering_kernels.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>

namespace aivm::sim {
namespace {

constexpr std::size_t kSlotsMin = 256;

abi::InferenceOp without_offsets(const abi::InferenceOp& op) {
    abi::InferenceOp out = op;
    out.input_offset = 0;
    out.output_offset = 0;
    return out;
}

std::size_t hash_of(const std::uint8_t* input) { return XXH3_64bits(input, abi::kInferenceInputs); }

}  // namespace

bool RememberingKernels::is_plain(const InferenceBatch& batch) {
    if (!batch.weights || !batch.ops || !batch.inputs || !batch.outputs || !batch.results) return false;
    for (std::uint32_t i = 0; i < batch.op_count; ++i) {
        const abi::InferenceOp& op = batch.ops[i];
        if (op.input_offset != i * abi::kInferenceInputs || op.output_offset != i) return false;
        if (std::memcmp(op.model_hash, batch.weights->model_hash, sizeof op.model_hash) != 0) return false;
    }
    return true;
}

int RememberingKernels::inference_step(const InferenceBatch& batch) {
    if (!is_plain(batch)) return backend_.inference_step(batch);
    const std::size_t first_new = known_.size();
    places_.clear();
    for (std::uint32_t i = 0; i < batch.op_count; ++i) places_.push_back(find_or_add(batch, i));
    if (known_.size() > first_new) {
        if (const int code = compute_from(first_new, *batch.weights); code != abi::kOk) return code;
    }
    for (std::uint32_t i = 0; i < batch.op_count; ++i) {
        const Known& known = known_[places_[i]];
        if (known.result.status == abi::kInferenceOk) batch.outputs[i] = known.output;
        batch.results[i] = known.result;
    }
    return abi::kOk;
}

std::uint32_t RememberingKernels::find_or_add(const InferenceBatch& batch, std::uint32_t index) {
    if (2 * (known_.size() + 1) > slots_.size()) grow();
    const abi::InferenceOp op = without_offsets(batch.ops[index]);
    const std::uint8_t* input = batch.inputs + std::size_t{index} * abi::kInferenceInputs;
    std::size_t slot = hash_of(input) & (slots_.size() - 1);
    for (; slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1)) {
        const Known& known = known_[slots_[slot] - 1];
        const bool same = std::memcmp(known.input.data(), input, known.input.size()) == 0;
        if (same && std::memcmp(&known.op, &op, sizeof op) == 0) return slots_[slot] - 1;
    }
    Known& added = known_.emplace_back();
    added.op = op;
    std::memcpy(added.input.data(), input, added.input.size());
    slots_[slot] = static_cast<std::uint32_t>(known_.size());
    return slots_[slot] - 1;
}

// Asks the backend for everything from `first` on, in one batch. What fails is not remembered, nor anything before it:
// a backend that fails is broken.
int RememberingKernels::compute_from(std::size_t first, const abi::InferenceWeights& weights) {
    const std::size_t count = known_.size() - first;
    std::vector<abi::InferenceOp> ops(count);
    std::vector<std::uint8_t> inputs(count * abi::kInferenceInputs);
    std::vector<std::uint8_t> outputs(count);
    std::vector<abi::InferenceResult> results(count);
    for (std::size_t i = 0; i < count; ++i) {
        ops[i] = known_[first + i].op;
        ops[i].input_offset = static_cast<std::uint32_t>(i * abi::kInferenceInputs);
        ops[i].output_offset = static_cast<std::uint32_t>(i);
        std::memcpy(inputs.data() + ops[i].input_offset, known_[first + i].input.data(), abi::kInferenceInputs);
    }
    InferenceBatch batch;
    batch.weights = &weights;
    batch.ops = ops.data();
    batch.inputs = inputs.data();
    batch.outputs = outputs.data();
    batch.results = results.data();
    batch.op_count = static_cast<std::uint32_t>(count);
    if (const int code = backend_.inference_step(batch); code != abi::kOk) {
        known_.clear();
        std::ranges::fill(slots_, 0);
        return code;
    }
    for (std::size_t i = 0; i < count; ++i) {
        known_[first + i].output = outputs[i];
        known_[first + i].result = results[i];
    }
    return abi::kOk;
}

void RememberingKernels::grow() {
    slots_.assign(std::max(kSlotsMin, 2 * slots_.size()), 0);
    for (std::size_t i = 0; i < known_.size(); ++i) {
        std::size_t slot = hash_of(known_[i].input.data()) & (slots_.size() - 1);
        while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
        slots_[slot] = static_cast<std::uint32_t>(i + 1);
    }
}

}  // namespace aivm::sim
