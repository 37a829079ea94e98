// The VM's state in the reference model's own records. Linked lists are followed, running sums and
// counters are taken over as the VM has them, and what has no meaning in a record's present stage
// is zero.
#pragma once

#include "core/reference/world.h"
#include "core/state/state.h"

namespace aivm::reference {

World snapshot_of(const State& state);

}  // namespace aivm::reference
