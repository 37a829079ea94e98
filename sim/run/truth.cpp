#include "sim/run/truth.h"

#include "core/verification/reexecution.h"

namespace aivm::sim {

Answer Truth::answer(const State& state, const Task& task) {
    const auto [known, is_new] = known_.try_emplace({task.model, task.input_row}, Answer{0});
    if (is_new) known->second = run_model(canonical_, state.model(task.model), task.input_row);
    return known->second;
}

}  // namespace aivm::sim
