// Which hash function the rules use in a run: held by a thread while it does anything for the run.
#pragma once

#include <optional>

#include "core/base/ideal_hashing.h"
#include "sim/scenario/scenario.h"

namespace aivm::sim {

class ScenarioHashing {
public:
    explicit ScenarioHashing(const Scenario& scenario) {
        if (scenario.run.fidelity == Fidelity::kEconomic && scenario.run.ideal_hashes)
            ideal_.emplace();
    }

private:
    std::optional<IdealHashing> ideal_;
};

}  // namespace aivm::sim
