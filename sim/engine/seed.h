// The texts that a user may pass as the seed of a run.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/error.h"

namespace aivm::sim {

// A decimal number below 2^64; 0x and up to 16 hexadecimal digits; or the 40 hexadecimal digits of
// a git commit, which stand for the first eight bytes, big-endian, of the SHA-256 of those digits
// in lower case. Errors: kInvalidArgument.
Result<std::uint64_t> seed_from_text(std::string_view text);

}  // namespace aivm::sim
