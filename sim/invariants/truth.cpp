#include "sim/invariants/truth.h"

#include "core/kernels/inference.h"
#include "core/verification/reexecution.h"

namespace aivm::sim {
namespace {

// run_model with the canonical kernel's arithmetic alone: its commitments are not needed here.
Answer canonical_answer(const Model& model, std::uint32_t row) {
    InputRow input = model.row(row);
    Answer output = kernels::infer(model.weights, input.data());
    for (std::uint32_t step = 1; step < model.steps; ++step) {
        input = next_input(input, output);
        output = kernels::infer(model.weights, input.data());
    }
    return output;
}

}  // namespace

Answer Truth::answer(const State& state, const Task& task) {
    if (task.model.value >= known_.size()) known_.resize(task.model.value + std::size_t{1});
    std::vector<std::optional<Answer>>& answers = known_[task.model.value];
    if (task.input_row >= answers.size()) answers.resize(state.model(task.model).row_count());
    std::optional<Answer>& known = answers.at(task.input_row);
    if (!known) known = canonical_answer(state.model(task.model), task.input_row);
    return *known;
}

}  // namespace aivm::sim
