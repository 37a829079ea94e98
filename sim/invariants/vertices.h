// The keys of a vertex, worked out from its operations a second time.
#pragma once

#include <set>

#include "core/chain/vertex.h"

namespace aivm::sim {

// The jobs that its operations are about, or the number of a cut.
std::set<ConflictKey> jobs_of(const Vertex& vertex);

}  // namespace aivm::sim
