// Random changes to tables between two epochs, for the tests of the caches.
#pragma once

#include "core/testing/random_workload.h"

namespace aivm::gpu {

// One change of a random kind: a slot rewritten, freed, occupied or damaged in one byte, padding
// included; an anchor appended, or a newer one removed; a table filled, grown, cut or replaced.
void change_something(workload::Tables& tables, workload::Random& random, std::uint32_t slots_max);

}  // namespace aivm::gpu
