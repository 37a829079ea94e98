#define XXH_INLINE_ALL
#include "sim/consensus/message.h"

#include <xxhash.h>

namespace aivm::sim {

std::uint64_t digest_of_bytes(ByteView bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace aivm::sim
