// The correct answers, for invariants and accounting. Actors never see them.
#pragma once

#include <optional>
#include <vector>

#include "core/state/state.h"

namespace aivm::sim {

class Truth {
public:
    // The canonical kernel's answer to the task, computed once per model and row.
    Answer answer(const State& state, const Task& task);

private:
    std::vector<std::vector<std::optional<Answer>>> known_;  // by model and row
};

}  // namespace aivm::sim
