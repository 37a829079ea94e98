// The two hash functions of the protocol: SHA-256 for ids and state roots, Keccak-256 for
// commitments and kernels.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "core/base/bytes.h"

namespace aivm {

Hash32 sha256(ByteView message);

// SHA-256 of the concatenation of the parts, without building it.
Hash32 sha256(std::initializer_list<ByteView> parts);

// Keccak-256 with the legacy padding 0x01 .. 0x80 and rate 136 (not SHA3-256).
Hash32 keccak256(ByteView message);
Hash32 keccak256(std::initializer_list<ByteView> parts);

}  // namespace aivm
