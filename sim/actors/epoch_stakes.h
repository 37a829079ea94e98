// The stakes of the epoch of the last settled state, as a node tells them to its engine.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "core/state/state.h"
#include "sim/consensus/consensus.h"
#include "sim/consensus/stake.h"

namespace aivm::sim {

class EpochStakes {
public:
    // The epoch and stakes with which the engine of a node starts whose last accepted state is this
    // one. `genesis_stakes` are those of the start of the run; at genesis they count as they are.
    [[nodiscard]] EpochBegun start(SharedStakes genesis_stakes, const State& state);
    // What to tell the engine when the state is that of a new epoch, whose stakes may be the same:
    // certificates name their epoch. Validators that joined after the start take no part.
    [[nodiscard]] std::optional<EpochBegun> advance(const State& state);
    [[nodiscard]] const std::vector<std::uint64_t>& stakes() const { return *stakes_; }

private:
    std::uint64_t epoch_ = 0;
    SharedStakes stakes_;
};

}  // namespace aivm::sim
