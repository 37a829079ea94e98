#include "core/verification/reexecution.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "core/base/check.h"
#include "core/base/digest.h"
#include "core/base/merkle.h"

namespace aivm {

namespace {

abi::InferenceOp operation_on(const Model& model) {
    abi::InferenceOp operation{};
    std::memcpy(operation.model_hash, model.weights.model_hash, sizeof operation.model_hash);
    operation.input_len = kInputBytes;
    operation.output_capacity = 1;
    return operation;
}

}  // namespace

bool answers_agree(const Policy& policy, Answer a, Answer b) {
    const int difference = static_cast<std::int8_t>(a) - static_cast<std::int8_t>(b);
    return static_cast<std::uint32_t>(std::abs(difference)) <= policy.answer_tolerance;
}

Answer run_step(Kernels& kernels, const Model& model, const InputRow& input) {
    const abi::InferenceOp operation = operation_on(model);
    Answer output = 0;
    abi::InferenceResult result{};
    InferenceBatch batch;
    batch.weights = &model.weights;
    batch.ops = &operation;
    batch.inputs = input.data();
    batch.outputs = &output;
    batch.results = &result;
    batch.op_count = 1;
    AIVM_CHECK(kernels.inference_step(batch) == 0 && result.status == 0);
    return output;
}

InputRow next_input(const InputRow& input, Answer output) {
    InputRow next;
    std::copy(input.begin() + 1, input.end(), next.begin());
    next.back() = output;
    return next;
}

Answer run_model(Kernels& kernels, const Model& model, std::uint32_t row) {
    InputRow input = model.row(row);
    Answer output = run_step(kernels, model, input);
    for (std::uint32_t step = 1; step < model.steps; ++step) {
        input = next_input(input, output);
        output = run_step(kernels, model, input);
    }
    return output;
}

std::vector<Answer> run_model_on(Kernels& kernels, const Model& model,
                                 std::span<const std::uint32_t> rows) {
    std::vector<InputRow> inputs;
    std::vector<abi::InferenceOp> operations(rows.size(), operation_on(model));
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
        inputs.push_back(model.row(rows[i]));
        operations[i].input_offset = i * kInputBytes;
        operations[i].output_offset = i;
    }
    std::vector<Answer> outputs(rows.size());
    std::vector<abi::InferenceResult> results(rows.size());
    InferenceBatch batch;
    batch.weights = &model.weights;
    batch.ops = operations.data();
    batch.inputs = reinterpret_cast<const std::uint8_t*>(inputs.data());
    batch.outputs = outputs.data();
    batch.results = results.data();
    batch.op_count = static_cast<std::uint32_t>(rows.size());
    for (std::uint32_t step = 0; step < model.steps; ++step) {
        for (std::size_t i = 0; i < rows.size() && step > 0; ++i)
            inputs[i] = next_input(inputs[i], outputs[i]);
        AIVM_CHECK(kernels.inference_step(batch) == 0);
        for (const abi::InferenceResult& result : results) AIVM_CHECK(result.status == 0);
    }
    return outputs;
}

std::vector<InferenceTraceStep> trace_model(Kernels& kernels, const Model& model,
                                            std::uint32_t row) {
    std::vector<InferenceTraceStep> trace(model.steps);
    InputRow input = model.row(row);
    for (InferenceTraceStep& step : trace) {
        step.input = input;
        step.output = run_step(kernels, model, input);
        input = next_input(input, step.output);
    }
    return trace;
}

Hash32 trace_leaf(std::uint32_t index, const InferenceTraceStep& step) {
    return keccak256(Writer().u32(index).raw(step.input).u8(step.output).view());
}

std::vector<Hash32> trace_leaves(const std::vector<InferenceTraceStep>& trace) {
    std::vector<Hash32> leaves;
    leaves.reserve(trace.size());
    for (std::uint32_t i = 0; i < trace.size(); ++i) leaves.push_back(trace_leaf(i, trace[i]));
    return leaves;
}

Hash32 trace_root(const std::vector<InferenceTraceStep>& trace) {
    return merkle::root(trace_leaves(trace));
}

}  // namespace aivm
