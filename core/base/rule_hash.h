// The hash function of the rules: keys of tasks, seeds of draws, commitments to claims, and Merkle
// trees. It is Keccak-256, unless the thread holds an IdealHashing.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "core/base/bytes.h"

namespace aivm {

Hash32 rule_hash(ByteView message);
// Of the concatenation of the parts, without building it.
Hash32 rule_hash(std::initializer_list<ByteView> parts);

}  // namespace aivm
