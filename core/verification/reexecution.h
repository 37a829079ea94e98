// Running a model again, which decides every dispute. Uses the same kernel as the providers.
#pragma once

#include <span>
#include <vector>

#include "core/base/error.h"
#include "core/config/config.h"
#include "core/kernels/kernels.h"
#include "core/state/model.h"
#include "core/state/task.h"

namespace aivm {

struct InferenceTraceStep {
    InputRow input{};
    Answer output = 0;
};

// Whether two answers, read as int8 values, differ by at most Policy::answer_tolerance.
bool answers_agree(const Policy& policy, Answer a, Answer b);

// One step of the model on `input`. A failing kernel means a broken machine, not a wrong answer, so
// it fails a check.
Answer run_step(Kernels& kernels, const Model& model, const InputRow& input);

// The input of the next step: this one shifted left by one byte, with the step's output as its last
// byte.
InputRow next_input(const InputRow& input, Answer output);

// The model's answer to one of its feature rows: the output of the last of all its steps.
Answer run_model(Kernels& kernels, const Model& model, std::uint32_t row);

// The same as run_model for several feature rows, with one kernel call per step.
std::vector<Answer> run_model_on(Kernels& kernels, const Model& model,
                                 std::span<const std::uint32_t> rows);

// As run_model; returns every step.
std::vector<InferenceTraceStep> trace_model(Kernels& kernels, const Model& model,
                                            std::uint32_t row);

// keccak(u32be(i) || x_i || y_i)
Hash32 trace_leaf(std::uint32_t index, const InferenceTraceStep& step);

std::vector<Hash32> trace_leaves(const std::vector<InferenceTraceStep>& trace);

// The Merkle root that a provider of a model with several steps posts beside its answer.
Hash32 trace_root(const std::vector<InferenceTraceStep>& trace);

}  // namespace aivm
