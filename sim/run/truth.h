// The right answers, for whoever keeps score: invariants and the recorder. Actors never see this.
#pragma once

#include <map>
#include <utility>

#include "core/state/state.h"

namespace aivm::sim {

class Truth {
public:
    // What the canonical kernel answers to the task; computed once for each (model, row).
    Answer answer(const State& state, const Task& task);

private:
    std::map<std::pair<ModelIndex, std::uint32_t>, Answer> known_;
};

}  // namespace aivm::sim
