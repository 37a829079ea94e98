// The reference model as an invariant: core/reference/watch.h beside the accepted chain of a run.
#pragma once

#include "sim/invariants/invariant.h"

namespace aivm::sim {

// One accepted block in 16 is executed by the reference model as well, and in a paranoid run every
// one. The model looks at every record of the state, which in the economic fidelity would be a
// third of a run's time: there the beacon draws a first height between 8 and 23, and each later
// one is 16 to 17 times the one before. A sweep has many runs, and looks at other heights in each.
constexpr Height kReferenceOneBlockIn = 16;
// The last block of a run is compared too; in the economic fidelity, where that alone would be a
// eighth of a run's time, of one run in eight, by its last beacon, and of all paranoid ones.
constexpr std::uint64_t kReferenceOneEndIn = 8;

void add_reference_invariants(Invariants& out);

}  // namespace aivm::sim
