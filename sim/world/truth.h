// The right answers, for whoever keeps score: invariants and the recorder. Actors never see this.
#pragma once

#include <optional>
#include <vector>

#include "core/state/state.h"

namespace aivm::sim {

class Truth {
public:
    // What the canonical kernel answers to the task; computed once for each (model, row).
    Answer answer(const State& state, const Task& task);

private:
    std::vector<std::vector<std::optional<Answer>>> known_;  // by model and row
};

}  // namespace aivm::sim
