// The keys of a vertex and its id, worked out from its contents a second time.
#pragma once

#include <set>

#include "core/chain/vertex.h"

namespace aivm::sim {

// The jobs that its operations are about, or the number of a cut.
std::set<ConflictKey> jobs_of(const Vertex& vertex);

// Whether the id is the digest of what is sealed in these bytes, a block or a vertex.
bool is_digest_of(const Hash32& id, ByteView sealed);

}  // namespace aivm::sim
