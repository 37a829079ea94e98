// What several strategies share: an answer that is wrong for certain, and whose answer a task shows.
#pragma once

#include "core/verification/reexecution.h"
#include "sim/actors/strategy.h"

namespace aivm::scenarios {

// The model's answer.
inline Answer true_answer(const sim::TaskView& view) {
    return run_model(view.kernels, view.model, view.task.input_row);
}

// An answer that is wrong for certain. Who wants it must know the true one.
inline Answer wrong_answer(const sim::TaskView& view) { return static_cast<Answer>(true_answer(view) + 1); }

// Whose answer the task shows. Optimistic mode and TEE: the only seat.
inline const Provider& answered_by(const sim::TaskView& view) {
    return view.state.provider(view.task.seats.front().provider);
}

}  // namespace aivm::scenarios
