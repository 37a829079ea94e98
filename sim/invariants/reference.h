// The reference model as an invariant: core/reference/watch.h beside the accepted chain of a run.
#pragma once

#include "sim/invariants/invariant.h"

namespace aivm::sim {

// One accepted block in so many is executed by the reference model as well.
constexpr Height kReferenceOneBlockIn = 16;

void add_reference_invariants(Invariants& out);

}  // namespace aivm::sim
