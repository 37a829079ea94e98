// Hashes of the rules in batches. Apart from batch_hasher.h, because the plugins of the kernels
// hash always with Keccak-256, whatever the rules use.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/bytes.h"
#include "core/kernels/batch_hasher.h"

namespace aivm {

// digests[i] = rule_hash of message i, as BatchHasher::hash_many numbers them: by `hasher` where
// that is Keccak-256.
void rule_hash_many(const BatchHasher& hasher, const std::uint8_t* messages,
                    std::size_t length_bytes, std::size_t count, Hash32* digests);

}  // namespace aivm
