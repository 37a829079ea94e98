// "Independent jobs commute", checked: a slice is executed under random linear extensions of its
// DAG, and what shares nothing with concurrent vertices must come out the same.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "core/dag/slice.h"

namespace aivm {

struct Commutation {
    std::size_t operations = 0;            // that share nothing with a concurrent vertex
    std::vector<std::string> differences;  // one line each; empty: the promise is kept
};

// Executes the slice in its defined order, again after shuffling its vertices, and under `orders`
// random linear extensions. Demands equal roots in the defined order, and of the operations that
// share nothing (accounts, jobs, providers, models, a queue or table that is nearly full) equal
// outcomes and equal entries of the state. `choose` returns a random number below its argument.
Result<Commutation> check_commutation(const State& below, const BlockContext& context,
                                      std::vector<VertexPtr> slice, const Rules& rules,
                                      std::size_t orders,
                                      const std::function<std::uint32_t(std::uint32_t)>& choose);

}  // namespace aivm
