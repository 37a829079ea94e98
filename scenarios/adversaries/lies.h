// Shared by strategies that lie: a certainly wrong answer, the provider whose answer a task shows,
// and a provider that computes the true answer and posts a wrong one.
#pragma once

#include "core/verification/reexecution.h"
#include "sim/actors/strategy.h"

namespace aivm::scenarios {

// The model's answer.
inline Answer true_answer(const sim::TaskView& view) {
    return run_model(view.kernels, view.model, view.task.input_row);
}

// A certainly wrong answer; making one takes the true one.
inline Answer wrong_answer(const sim::TaskView& view) {
    return static_cast<Answer>(true_answer(view) + 1);
}

// Whose answer the task shows. Optimistic mode and TEE: the only seat.
inline const Provider& answered_by(const sim::TaskView& view) {
    return view.state.provider(view.task.seats.front().provider);
}

// Computes everything, and answers wrongly with the probability `cheat_ppm`.
class CheatingProvider : public sim::ProviderStrategy {
public:
    CheatingProvider(std::uint32_t cheat_ppm, sim::RandomStream random)
        : random_(random), cheat_ppm_(cheat_ppm) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        return random_.bernoulli_ppm(cheat_ppm_) ? wrong_answer(view) : true_answer(view);
    }

private:
    sim::RandomStream random_;
    std::uint32_t cheat_ppm_;
};

}  // namespace aivm::scenarios
